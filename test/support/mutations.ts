import type { Chance } from "./stressSeeds.ts"

/** The elements to insert into an input: single ones, and runs that have a meaning for the reader. */
export interface Alphabet<A> {
  readonly element: (chance: Chance) => A
  readonly tokens: ReadonlyArray<ReadonlyArray<A>>
}

const mutations = ["replace", "insert", "remove", "double", "splice", "cut", "swap", "repeat"] as const

const mutateOnce = <A>(chance: Chance, input: ReadonlyArray<A>, alphabet: Alphabet<A>): ReadonlyArray<A> => {
  const at = chance.between(0, input.length)
  const end = Math.min(input.length, at + chance.between(1, 12))
  const [before, run, after] = [input.slice(0, at), input.slice(at, end), input.slice(end)]
  switch (chance.oneOf(mutations)) {
    case "replace":
      return [...before, alphabet.element(chance), ...input.slice(at + 1)]
    case "insert":
      return [...before, alphabet.element(chance), ...input.slice(at)]
    case "remove":
      return [...before, ...after]
    case "double":
      return [...before, ...run, ...run, ...after]
    case "splice":
      return [...before, ...(chance.oneOf(alphabet.tokens) ?? []), ...(chance.percent(50) ? after : input.slice(at))]
    case "cut":
      return before
    case "swap":
      return [...after, ...run, ...before]
    default:
      return [...before, ...Array.from({ length: chance.between(2, 200) }, () => run[0]).flatMap(orNone), ...after]
  }
}

const orNone = <A>(element: A | undefined): ReadonlyArray<A> => (element === undefined ? [] : [element])

/** Changes an input at random. Sometimes the result is entirely random. */
export const mutated = <A>(chance: Chance, input: ReadonlyArray<A>, alphabet: Alphabet<A>): ReadonlyArray<A> => {
  if (chance.percent(10)) return Array.from({ length: chance.between(0, 200) }, () => alphabet.element(chance))
  let result = input
  for (let left = chance.between(0, 4); left > 0; left--) result = mutateOnce(chance, result, alphabet)
  return result
}

/** Changes bytes at random. */
export const mutatedBytes = (chance: Chance, input: Uint8Array, tokens: ReadonlyArray<Uint8Array>): Uint8Array =>
  Uint8Array.from(
    mutated(chance, [...input], { element: (source) => source.below(256), tokens: tokens.map((token) => [...token]) }),
  )

// Characters with special rules for parsing, display or counting: controls, bidirectional marks, lone surrogates,
// letters outside the first plane, digits and spaces of other scripts, combining marks.
const oddities = [
  ..."\0\t\n\v\f\r\u001b\u007f\u0080\u009b\u00a0\u200b\u202e\u2028\u2066\ufeff\ufffd\uffff",
  ..."\ud800,\udc00,é,ß,İ,ﬁ,\u0301,٣,३,𝟘,😀,%,/,\\,:,[,],{,},\",',-,+,.,_,#",
]

/** Changes text at random. The result may be ill-formed Unicode. */
export const mutatedText = (chance: Chance, input: string, tokens: ReadonlyArray<string>): string =>
  mutated(chance, input.split(""), {
    element: (source) =>
      source.percent(50) ? (source.oneOf(oddities) ?? "") : String.fromCharCode(source.between(0x20, 0x7e)),
    tokens: tokens.map((token) => token.split("")),
  }).join("")

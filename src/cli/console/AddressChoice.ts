import type { AddressFamily } from "../../domain/index.ts"
import type { InterfaceAddress } from "../../transport/index.ts"
import type { Key } from "./LineEditor.ts"

/** An address that the user can choose, and the key that chooses it. */
export interface Choice {
  readonly host: string
  /** Empty if all keys are in use. The user then marks the choice with the arrow keys. */
  readonly key: string
  /** The interface, or which machines can reach the address. */
  readonly note: string
}

// The wildcards have keys of their own, which do not depend on the number of interfaces.
const allIpv4: Choice = { host: "0.0.0.0", key: "0", note: "all IPv4 addresses" }
const allAddresses: Choice = { host: "::", key: "*", note: "all addresses" }
const digits = "123456789"

/** The choices for a family: each address of the machine, loopback first, and then the wildcards. */
export const choicesOf = (addresses: ReadonlyArray<InterfaceAddress>, family: AddressFamily): ReadonlyArray<Choice> => {
  const wanted = addresses.filter((one) => family === "any" || one.family.toLowerCase() === family)
  const has = (one: InterfaceAddress["family"]) => wanted.some((entry) => entry.family === one)
  return [
    ...[...wanted]
      .sort((a, b) => Number(b.loopback) - Number(a.loopback))
      .map(({ address, loopback, name }, at) => ({
        host: address,
        key: digits[at] ?? "",
        note: loopback ? `${name}, only this machine` : name,
      })),
    ...(has("IPv4") ? [allIpv4] : []),
    ...(has("IPv6") ? [allAddresses] : []),
  ]
}

/** The result of a key: another choice is marked, a choice is made, the question is cancelled, or nothing changes. */
export type Answer =
  | { readonly _tag: "Marked"; readonly at: number }
  | { readonly _tag: "Chosen"; readonly choice: Choice }
  | { readonly _tag: "Cancelled" }
  | { readonly _tag: "Suspended" }
  | { readonly _tag: "Nothing" }

/** Answers the question with a key while the choice `at` is marked. */
export const answerWith = (key: Key, choices: ReadonlyArray<Choice>, at: number): Answer => {
  const name = key.ctrl === true ? `ctrl-${key.name}` : key.name
  const marked = (to: number): Answer => ({ _tag: "Marked", at: Math.max(0, Math.min(choices.length - 1, to)) })
  switch (name) {
    case "up":
    case "ctrl-p":
      return marked(at - 1)
    case "down":
    case "ctrl-n":
      return marked(at + 1)
    case "home":
      return marked(0)
    case "end":
      return marked(choices.length - 1)
    case "escape":
    case "ctrl-c":
    case "ctrl-d":
      return { _tag: "Cancelled" }
    case "ctrl-z":
      return { _tag: "Suspended" }
    default: {
      const isEnter = name === "return" || name === "enter"
      const choice = isEnter ? choices[at] : choices.find((one) => one.key !== "" && one.key === key.sequence)
      return choice === undefined ? { _tag: "Nothing" } : { _tag: "Chosen", choice }
    }
  }
}

/**
 * The question as rows, at most `height`: all choices, or those around the marked one. `mark` changes the row of the
 * marked choice.
 */
export const questionRows = (
  choices: ReadonlyArray<Choice>,
  at: number,
  { height, mark, port }: { readonly height: number; readonly port: number; readonly mark: (row: string) => string },
): ReadonlyArray<string> => {
  const room = Math.max(1, height - 2)
  const from = Math.max(0, Math.min(at - (room >> 1), choices.length - room))
  const width = Math.max(0, ...choices.map(({ host }) => host.length))
  const hidden = choices.length > room ? ` (${at + 1} of ${choices.length})` : ""
  return [
    `Listen on which address? Port ${port}.${hidden}`,
    ...choices.slice(from, from + room).map(({ host, key, note }, index) => {
      const isMarked = from + index === at
      const row = `${isMarked ? ">" : " "} ${key.padEnd(1)}  ${host.padEnd(width)}  ${note}`
      return isMarked ? mark(row) : row
    }),
    `Enter: ${choices[at]?.host ?? ""}; Esc: leave; another: its key, or an arrow`,
  ]
}

import * as Either from "effect/Either"
import { ValueSyntaxError } from "../../domain/index.ts"

/** The name of a file of output. With `%id` in it, each client has a file of its own. */
export interface FileName {
  /** The name as the user has written it. */
  readonly text: string
  readonly isPerClient: boolean
  /** The path of the file, with the number of a client for `%id`. */
  readonly pathOf: (id: number) => string
  /** The folder of the files. */
  readonly folder: string
}

const percent = /%(id|%)?/g

/** Reads the name of a file of output: `%id` means the number of the client, and `%%` means `%`. */
export const parseFileName = (input: string): Either.Either<FileName, ValueSyntaxError> => {
  const fail = (problem: string, expected: string) =>
    Either.left(new ValueSyntaxError({ input, kind: "a file of output", problem, expected }))
  if (input === "-") return fail("it is not a file", "a path (./- for a file with that name)")
  const signs = [...input.matchAll(percent)]
  const unknown = signs.find(([, kind]) => kind === undefined)
  if (unknown !== undefined) {
    const sign = JSON.stringify(input.slice(unknown.index, unknown.index + 2))
    return fail(`the meaning of ${sign} is unknown`, "%id for the number of the client, or %% for a percent sign")
  }
  const pathOf = (id: number): string => input.replace(percent, (_, kind: string) => (kind === "id" ? `${id}` : "%"))
  const cut = input.lastIndexOf("/")
  const isPerClient = signs.some(([, kind]) => kind === "id")
  if (isPerClient && signs.some(({ 0: sign, index }) => sign === "%id" && index < cut)) {
    return fail("a folder has %id in its name", "%id only after the last slash")
  }
  if (cut === input.length - 1) return fail("it ends with a slash, as a folder does", "the path of a file")
  const folder = cut < 0 ? "." : cut === 0 ? "/" : input.slice(0, cut).replaceAll("%%", "%")
  return Either.right({ text: input, isPerClient, pathOf, folder })
}

import * as Context from "effect/Context"

/** The place of a default that comes from a file or a variable. */
export type Origin =
  | {
      readonly _tag: "File"
      readonly role: "user" | "project"
      /** The path of the file as messages show it. */
      readonly path: string
      readonly line: number
    }
  | { readonly _tag: "Variable"; readonly name: string }

/** A default of a flag, from a file or a variable. It counts if the command line does not have the flag. */
export interface Default {
  /** The long name of the flag, or `endpoint` for the arguments of the command. */
  readonly name: string
  /** The values as texts. A flag without a value has `yes` or `no`. */
  readonly values: ReadonlyArray<string>
  readonly origin: Origin
}

/** The key of a section, and the name of a variable, for the arguments of a command. */
export const endpointKey = "endpoint"

/** Describes the place of a default, for example `tcpfx.yaml:3`. */
export const describeOrigin = (origin: Origin): string =>
  origin._tag === "Variable" ? origin.name : `${origin.path}:${origin.line}`

/** The defaults that a command line has received, by the long names of their flags. */
export class ReceivedDefaults extends Context.Reference<ReceivedDefaults>()("tcpfx/cli/ReceivedDefaults", {
  defaultValue: (): ReadonlyMap<string, Origin> => new Map(),
}) {}

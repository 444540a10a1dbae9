import type * as Command from "@effect/cli/Command"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Assistant from "../../domain/assistant/index.ts"
import type { OutputMode } from "../output/renderers.ts"
import { type CommandFailed, usageError } from "../process/exit.ts"
import type { Dependency } from "./dependencies.ts"
import { oneOf, value } from "./flag.ts"
import { refusalLine } from "./refusalLine.ts"

const directions = { in: "received", out: "sent" } as const

/**
 * Reads a filter of a command line. It selects clients by number only: when the command starts, no client is connected,
 * so a name, a tag or an address would match none.
 */
const parseFilter = (text: string): Either.Either<Assistant.LogFilter, { readonly message: string }> =>
  Either.gen(function* () {
    const { clients, filter } = yield* Either.mapLeft(Assistant.parseFilter(text), (refusal) => ({
      message: refusalLine(refusal),
    }))
    if (filter.direction === "announcement") {
      return yield* Either.left({ message: "announcements are not filtered; --no-traffic shows nothing else" })
    }
    if (clients === undefined) return filter
    const ids = clients.some.flatMap((term) => (term._tag === "Id" ? [term.id] : []))
    const [first, ...more] = ids
    if (first === undefined || ids.length < clients.some.length || clients.but.length > 0) {
      return yield* Either.left({
        message: `${Assistant.formatRecipients(clients)} is not a list of numbers of clients, such as @3 or @3,@5`,
      })
    }
    return { ...filter, clients: [first, ...more] }
  })

/** The flags that choose which data is shown. */
export const filterFlags = {
  filter: value("filter", "FILTER", parseFilter, {
    help: "Show only matching data: @3 of a client, in or out, then a text, /REGEX/ or hex DIGITS. Each part is optional.",
  }),
  only: value("only", "in|out", oneOf("in", "out"), {
    help: "Show only received (in) or only sent data (out).",
  }),
}

/** The values of {@link filterFlags}. */
export type FilterOptions = Command.Command.ParseConfig<{
  readonly [K in keyof typeof filterFlags]: (typeof filterFlags)[K]["options"]
}>

/** The filter of the flags. `hasClients` is false for `tcpfx connect`, whose only peer has no number. */
export const filterOf = (
  { filter, only }: FilterOptions,
  hasClients: boolean,
): Effect.Effect<Assistant.LogFilter | undefined, CommandFailed> =>
  Effect.gen(function* () {
    const wanted = Option.getOrUndefined(filter)
    if (wanted?.clients !== undefined && !hasClients) {
      return yield* usageError("--filter: tcpfx connect has one server and no clients; leave the @ and the number out")
    }
    if (Option.isNone(only)) return wanted
    const direction = directions[only.value]
    if (wanted?.direction !== undefined && wanted.direction !== direction) {
      return yield* usageError(`--only ${only.value} contradicts the direction of --filter; give one of them`)
    }
    return { ...wanted, direction }
  })

/** The facts that decide whether a flag of {@link filterFlags} has an effect. */
export interface FilterFacts {
  readonly output: OutputMode
  readonly showsTraffic: boolean
}

/** Every flag of {@link filterFlags} that has an effect only under a condition. */
export const filterDependencies: ReadonlyArray<Dependency<keyof typeof filterFlags, FilterFacts>> = [
  {
    flags: ["filter", "only"],
    isMet: ({ output }) => output !== "raw",
    problem: "needs --output text or json; raw output is all received data",
  },
  {
    flags: ["filter", "only"],
    isMet: ({ showsTraffic }) => showsTraffic,
    problem: "has no effect with --no-traffic, which shows no data",
  },
]

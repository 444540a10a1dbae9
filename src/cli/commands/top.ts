import * as Command from "@effect/cli/Command"
import * as Duration from "effect/Duration"
import * as Either from "effect/Either"
import { parseCount, parseDuration, ValueSyntaxError } from "../../domain/index.ts"
import { mostRows } from "../control/bounds.ts"
import { controlFlags } from "../flags/controlFlags.ts"
import { anyText, argumentsOf, oneOf, optionsOf, shapesOf, toggle, value } from "../flags/flag.ts"
import type { CommandHelp } from "../flags/help.ts"
import { sortNames } from "../top/sorts.ts"

const shortest = Duration.millis(100)

const parseInterval = (input: string): Either.Either<Duration.Duration, { readonly message: string }> =>
  Either.filterOrLeft(
    parseDuration(input),
    (interval) => Duration.greaterThanOrEqualTo(interval, shortest),
    () => new ValueSyntaxError({ input, kind: "an interval", problem: "it is too short", expected: "at least 100ms" }),
  )

const parseRows = (input: string): Either.Either<number, { readonly message: string }> =>
  Either.filterOrLeft(
    parseCount(input),
    (count) => count <= mostRows,
    () => new ValueSyntaxError({ input, kind: "a count", problem: "it is out of range", expected: `1 to ${mostRows}` }),
  )

/** The flags of `tcpfx top`. */
export const topFlags = {
  ...controlFlags,
  sort: value("sort", sortNames.join("|"), oneOf(...sortNames), {
    help: "The order at the start: by rate (default), rate in or out, queued bytes, age, or name.",
  }),
  filter: value("filter", "TEXT", anyText, {
    help: "Show only clients whose number, name, address or tag contains TEXT, or recipients such as @tag:line2.",
  }),
  interval: value("interval", "TIME", parseInterval, { help: "The time between two updates (default 1s)." }),
  once: toggle("once", { help: "Print one table, and leave." }),
  rows: value("rows", "N", parseRows, { help: `How many clients to print without a terminal (default 50).` }),
}

const config = { args: argumentsOf("argument"), ...optionsOf(topFlags) }

/** The values of a command line of `tcpfx top`. */
export type TopOptions = Command.Command.ParseConfig<typeof config>

/** `tcpfx top`. */
export const topCommand = Command.make("top", config)

/** The help of `tcpfx top`. */
export const topHelp: CommandHelp = {
  usage: "tcpfx top [options]",
  summary: "Show the busiest clients of a running server, and update the table.",
  flags: shapesOf(topFlags),
  examples: [
    ["tcpfx top", "the clients of the server that runs with --control auto"],
    ["tcpfx top --control /run/tcpfx.control --sort pending", "the clients that read too slowly"],
    ["tcpfx top --once --rows 10", "print one table"],
  ],
  notes: [
    "Keys: r i o p a n choose the order, / filters, arrows and page keys scroll, space pauses, q and Ctrl-C leave.",
    "Without a terminal, the command prints a table at each interval.",
  ],
}

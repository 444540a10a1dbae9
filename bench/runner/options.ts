import { parseArgs } from "node:util"
import * as Data from "effect/Data"
import * as Either from "effect/Either"
import type { ContenderInfo, Row } from "./model.ts"
import { yardstick } from "./model.ts"

/** The command line is wrong. */
export class BadOptions extends Data.TaggedError("BadOptions")<{ readonly message: string }> {}

export interface Options {
  readonly quick: boolean
  readonly rows: RegExp | undefined
  readonly contenders: RegExp | undefined
  readonly runs: number
  /** The length of a window. */
  readonly seconds: number
  /** Whether the rows that are not measured keep their stored figures. */
  readonly update: boolean
  /** The folder for the results. Undefined: the results are only printed. */
  readonly out: string | undefined
  readonly help: boolean
}

export const usage = `Usage: npm run bench -- [OPTIONS]

Measures every row with every installed server, in interleaved runs, and writes a table and a chart to bench/results.

  --quick             measures few rows once, with short windows, in less than a minute; writes no results
  --rows REGEX        measures only rows with a matching id
  --contenders REGEX  measures only contenders with a matching id, and the raw loop
  --runs N            the runs of each row (default: 5, with --quick 1)
  --seconds S         the length of a window (default: 0.6, with --quick 0.3)
  --out DIR           the folder for the results (default: bench/results for a whole bench, none for a part of it)
  --update            with --rows: replaces these rows in the stored results, which must be of the same machine
  --help              prints this help

Exit codes: 0; 1 when tcpfx lost or changed a message or failed; 2 for bad options; 3 without a C compiler, which every
row needs.
`

export const parseOptions = (args: ReadonlyArray<string>): Either.Either<Options, BadOptions> =>
  Either.try({
    try: () => read(args),
    catch: (error) =>
      error instanceof BadOptions ? error : new BadOptions({ message: error instanceof Error ? error.message : "" }),
  })

const read = (args: ReadonlyArray<string>): Options => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: "boolean", default: false },
      rows: { type: "string" },
      contenders: { type: "string" },
      runs: { type: "string" },
      seconds: { type: "string" },
      out: { type: "string" },
      update: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  })
  const rows = expression("--rows", values.rows)
  const contenders = expression("--contenders", values.contenders)
  if (values.update && (rows === undefined || contenders !== undefined || values.quick)) {
    throw new BadOptions({ message: "--update goes with --rows, and with neither --contenders nor --quick" })
  }
  if (values.out?.trim() === "") throw new BadOptions({ message: "--out: expected a folder, not an empty text" })
  const isPart = values.quick || rows !== undefined || contenders !== undefined
  return {
    quick: values.quick,
    rows,
    contenders,
    runs: number(
      "--runs",
      values.runs,
      values.quick ? 1 : 5,
      (value) => Number.isInteger(value) && value >= 1 && value <= 100,
    ),
    seconds: number("--seconds", values.seconds, values.quick ? 0.3 : 0.6, (value) => value >= 0.1 && value <= 60),
    update: values.update,
    out: values.out ?? (isPart && !values.update ? undefined : "bench/results"),
    help: values.help,
  }
}

const expression = (name: string, text: string | undefined): RegExp | undefined => {
  if (text === undefined) return undefined
  try {
    return new RegExp(text)
  } catch {
    throw new BadOptions({ message: `${name}: "${text}" is not a regular expression` })
  }
}

const number = (
  name: string,
  text: string | undefined,
  byDefault: number,
  isGood: (value: number) => boolean,
): number => {
  if (text === undefined) return byDefault
  const value = text.trim() === "" ? Number.NaN : Number(text)
  if (isGood(value)) return value
  const expected = name === "--runs" ? "a whole number from 1 to 100" : "seconds from 0.1 to 60"
  throw new BadOptions({ message: `${name}: expected ${expected}, not "${text}"` })
}

/** The rows that the options choose. */
export const chooseRows = (
  all: ReadonlyArray<Row>,
  options: Options,
): Either.Either<ReadonlyArray<Row>, BadOptions> => {
  const { rows, quick } = options
  const possible = all.filter((row) => !quick || row.quick !== undefined)
  const chosen = possible.filter((row) => rows === undefined || rows.test(row.id))
  if (chosen.length > 0) return Either.right(chosen)
  return Either.left(
    new BadOptions({
      message: `--rows: no id matches; try 'stop|stalled'; the ids are ${possible.map(({ id }) => id).join(", ")}`,
    }),
  )
}

/** The contenders that the options choose, and the yardstick. */
export const chooseContenders = <C extends ContenderInfo>(
  all: ReadonlyArray<C>,
  { contenders }: Options,
): Either.Either<ReadonlyArray<C>, BadOptions> => {
  if (contenders === undefined) return Either.right(all)
  if (!all.some(({ id }) => contenders.test(id)))
    return Either.left(
      new BadOptions({
        message: `--contenders: no id matches; try 'cli|library'; the ids are ${all.map(({ id }) => id).join(", ")}`,
      }),
    )
  return Either.right(all.filter(({ id }) => id === yardstick || contenders.test(id)))
}

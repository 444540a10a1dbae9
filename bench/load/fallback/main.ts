// The load generator for machines without a compiler: the same arguments and the same output as the one in C.
import { Arguments } from "./arguments.ts"
import { churn } from "./churn.ts"
import { echo } from "./echo.ts"
import { BadArguments, endWith, WorkFailed } from "./ending.ts"
import { fanout } from "./fanout.ts"
import { idle } from "./idle.ts"

const works = new Map([
  ["fanout", fanout],
  ["echo", echo],
  ["churn", churn],
  ["idle", idle],
])

/** Timers know no longer times. */
const mostSeconds = 2_000_000

const run = async ([name, ...rest]: ReadonlyArray<string>): Promise<void> => {
  const work = works.get(name ?? "")
  if (work === undefined) throw new BadArguments(`expected ${[...works.keys()].join(", ")}, not "${name ?? ""}"`)
  const args = new Arguments(rest)
  const limit = Math.min(Math.max(1, args.number("limit", 60)), mostSeconds)
  setTimeout(() => endWith(new WorkFailed("not done within its limit")), limit * 1000)
  await work(args)
}

run(process.argv.slice(2)).then(
  // Connections are still open, and the output may still be on its way.
  () => process.stdout.write("", () => process.exit(0)),
  endWith,
)

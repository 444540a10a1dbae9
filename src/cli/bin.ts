import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { endProcess } from "./endProcess.ts"
import { run } from "./main.ts"
import * as Stdio from "./stdio.ts"
import { tellLine } from "./tell.ts"

// What a reader may still take when everything else has ended, milliseconds.
const lastWords = 500

// The process ends here and nowhere else, but for a second signal. What was written is on its way first (pipes take
// writes later than `exit` would wait), unless nobody reads it.
const leave = (code: number): void => {
  process.exitCode = code
  if (process.stdout.destroyed || process.stdout.writableLength === 0) endProcess(code)
  process.stdout.write("", () => endProcess(code))
  setTimeout(() => endProcess(code), lastWords)
}

const program = run(process.argv.slice(2)).pipe(
  Effect.catchAll((error) =>
    Effect.map(Stdio.Stdio, (stdio) => {
      stdio.say(tellLine(error.message))
      return error.code
    }),
  ),
  Effect.provide(Stdio.layer),
)

Effect.runFork(program).addObserver((exit) => {
  if (Exit.isSuccess(exit)) return leave(exit.value)
  const defect = Cause.squash(exit.cause)
  process.stderr.write(tellLine(`internal error: ${defect instanceof Error ? defect.message : String(defect)}`))
  if (process.env["TCPFX_DEBUG"]) process.stderr.write(`${Cause.pretty(exit.cause)}\n`)
  leave(1)
})

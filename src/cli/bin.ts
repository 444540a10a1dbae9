import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { escapeControls } from "../domain/index.ts"
import { run } from "./main.ts"
import * as Stdio from "./stdio.ts"

// What a reader may still take when everything else has ended, milliseconds.
const lastWords = 500

// The process ends here and nowhere else, but for a second signal. What was written is on its way first (pipes take
// writes later than `exit` would wait), unless nobody reads it.
const leave = (code: number): void => {
  process.exitCode = code
  if (process.stdout.destroyed || process.stdout.writableLength === 0) process.exit(code)
  process.stdout.write("", () => process.exit(code))
  setTimeout(() => process.exit(code), lastWords)
}

const program = run(process.argv.slice(2)).pipe(
  Effect.catchAll((error) =>
    Effect.map(Stdio.Stdio, (stdio) => {
      stdio.say(`tcpfx: ${escapeControls(error.message)}\n`)
      return error.code
    }),
  ),
  Effect.provide(Stdio.layer),
)

Effect.runFork(program).addObserver((exit) => {
  if (Exit.isSuccess(exit)) return leave(exit.value)
  const defect = Cause.squash(exit.cause)
  process.stderr.write(`tcpfx: internal error: ${defect instanceof Error ? defect.message : String(defect)}\n`)
  if (process.env["TCPFX_DEBUG"]) process.stderr.write(`${Cause.pretty(exit.cause)}\n`)
  leave(1)
})

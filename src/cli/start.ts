import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type { CommandParts } from "./CommandParts.ts"
import { run } from "./main.ts"
import { endProcess } from "./process/endProcess.ts"
import { exitCode, signalExitCode } from "./process/exit.ts"
import { keepFreedMemory } from "./process/keepFreedMemory.ts"
import { MessageLog } from "./process/MessageLog.ts"
import * as Stdio from "./process/stdio.ts"
import { LastWords } from "./process/streams/LastWords.ts"
import { StandardStreams } from "./process/streams/StandardStreams.ts"

/** Runs the command line of this process, and ends the process. */
export const start = (parts: CommandParts): void => {
  keepFreedMemory()
  const streams = new StandardStreams()
  const lastWords = new LastWords(streams.outputs())

  const log = new MessageLog()

  const said = new Set<string>()

  // inetd passes the connection as standard error too. The client must not get the message of a failure as data.
  const isErrorConnection = process.argv.includes("--inetd") && streams.isInput(streams.error)

  const say = (text: string): void => {
    said.add(text)
    if (log.shows("error") && !isErrorConnection) streams.err.say(Buffer.from(log.line("error", text)), true)
  }

  let leaving = false

  // The reason why standard output is incomplete. Undefined if it is complete, or if its reader has closed the pipe.
  const lossOf = (lost: number): string | undefined => {
    if (lost > 0) return `${lost} bytes of standard output are lost: their reader did not take them`
    const { failure } = streams.out
    if (failure === undefined) return undefined
    const error = Stdio.failureOf(failure, streams.output)
    return error._tag === "OutputFailed" ? error.message : undefined
  }

  // The process ends only here, or at a second signal. Before that, its output is delivered, or the loss is reported,
  // because process.exit drops bytes that the kernel has not accepted yet.
  const leave = (code: number): void => {
    if (leaving) return
    leaving = true
    for (const [signal, signalCode] of Object.entries(signalExitCode)) process.on(signal, () => endProcess(signalCode))
    lastWords.deliver((lost) => {
      const loss = lossOf(lost)
      if (loss === undefined) return endProcess(code)
      if (!said.has(loss)) say(loss)
      lastWords.beginAgain()
      lastWords.deliver(() => endProcess(code === exitCode.ok ? exitCode.network : code))
    })
  }

  const internalError = (error: unknown): void => {
    say(`internal error: ${error instanceof Error ? error.message : String(error)}`)
    leave(1)
  }

  process.on("uncaughtException", internalError)

  const program = run(process.argv.slice(2), parts).pipe(
    Effect.catchAll((error) =>
      Effect.as(
        Effect.sync(() => say(error.message)),
        error.code,
      ),
    ),
    Effect.provide(Stdio.layerOf(streams, lastWords, log)),
  )

  Effect.runFork(program).addObserver((exit) => {
    if (Exit.isSuccess(exit)) return leave(exit.value)
    if (process.env["TCPFX_DEBUG"]) streams.err.say(Buffer.from(`${Cause.pretty(exit.cause)}\n`), true)
    internalError(Cause.squash(exit.cause))
  })
}

import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { Waiters } from "../../runtime/Waiters.ts"
import type { TopOptions } from "../commands/top.ts"
import { canHaveConsole } from "../console/canHaveConsole.ts"
import { readTerminal } from "../console/readTerminal.ts"
import { fullScreen, takeTerminal } from "../console/Terminal.ts"
import { Connections, Summary } from "../control/answers.ts"
import type { ControlAnswer } from "../control/ControlClient.ts"
import { type FoundServer, findServer } from "../control/findServer.ts"
import { refuseArguments } from "../flags/flag.ts"
import type { CommandShapes } from "../flags/habits.ts"
import { paletteOf } from "../output/theme.ts"
import { type CommandFailed, exitCode, networkError, signalExitCode, usageError } from "../process/exit.ts"
import type { OutputClosed, OutputFailed } from "../process/outputErrors.ts"
import { Signals } from "../process/signals.ts"
import { Stdio } from "../process/stdio.ts"
import { clientTable } from "./clientTable.ts"
import { summaryText } from "./summaryText.ts"
import { matchingOf, TopView } from "./TopView.ts"
import { clientRows, topFrame, topLines } from "./topFrame.ts"

const defaultInterval = Duration.seconds(1)
const defaultRows = 50
// The server samples the rates once a second, beginning with the first question.
const firstRates = "1200 millis"
const eraseTime = "200 millis"
// The shortest time between two frames. A key that is held down asks the server at most this often.
const frameTime = "50 millis"

/** Runs `tcpfx top`. Returns the exit code. */
export const runTop = (options: TopOptions, commands: CommandShapes) =>
  Effect.gen(function* () {
    yield* refuseArguments("top", options.args)
    const stdio = yield* Stdio
    const signals = yield* Signals
    const server = yield* signals.unlessEnded(findServer(options.control, commands))
    const view = new TopView(
      Option.getOrElse(options.sort, () => "rate" as const),
      Option.getOrElse(options.filter, () => ""),
    )
    const interval = Option.getOrElse(options.interval, () => defaultInterval)
    const isFullScreen = !options.once && canHaveConsole(stdio, process.env)
    if (isFullScreen && Option.isSome(options.rows))
      return yield* usageError("--rows needs --once, or an output that is no terminal")
    view.resize(Option.getOrElse(options.rows, () => defaultRows))
    const shown = isFullScreen
      ? showFullScreen(server, view, interval)
      : printTables(server, view, interval, options.once)
    const signal = yield* Effect.raceFirst(Effect.as(shown, undefined), signals.first)
    return signal === undefined ? exitCode.ok : signalExitCode[signal]
  }).pipe(
    Effect.catchTag("EndedBySignal", ({ signal }) => Effect.succeed(signalExitCode[signal])),
    Effect.scoped,
  )

const decoded = <A, I>(schema: Schema.Schema<A, I>, answer: ControlAnswer, path: string) =>
  Schema.is(schema)(answer)
    ? Effect.succeed(answer)
    : networkError(`${path}: the answer is not one of this version of tcpfx; restart the server with this version`)

/** Asks for the shown rows. If the server refuses the filter, the view has the reason, and the rows stay. */
const ask = ({ client, path }: FoundServer, view: TopView): Effect.Effect<void, CommandFailed> =>
  Effect.gen(function* () {
    const summary = yield* Effect.flatMap(client.ask("summary"), (answer) => decoded(Summary, answer, path))
    const { question } = view
    const answer = yield* client.ask(question)
    // The user has typed another question meanwhile.
    if (question !== view.question) return
    view.problem = answer.ok ? undefined : String(answer["error"])
    const empty: Connections = { matching: 0, total: summary.clients, connections: [] }
    if (!answer.ok) return void view.take(summary, view.clients ?? empty)
    if (view.take(summary, yield* decoded(Connections, answer, path))) return
    const moved = yield* client.ask(view.question)
    if (moved.ok) view.take(summary, yield* decoded(Connections, moved, path))
  })

/** Prints one table, or a table at each interval. */
const printTables = (server: FoundServer, view: TopView, interval: Duration.Duration, isOnce: boolean) =>
  Effect.gen(function* () {
    const stdio = yield* Stdio
    const print = Effect.gen(function* () {
      yield* ask(server, view)
      const { clients, problem, summary } = view
      if (problem !== undefined) return yield* usageError(`--filter: ${problem}`)
      if (summary === undefined || clients === undefined) return
      const rest = matchingOf(clients) - clients.connections.length - (clients.remote?.length ?? 0)
      const lines = [
        ...summaryText(summary),
        ...clientTable(clients, summary.at),
        ...(rest > 0 ? [`and ${rest} more`] : []),
        ...(isOnce ? [] : [""]),
      ]
      yield* stdio.writeLines(lines.map((line) => `${line}\n`).join(""))
      // A reader that stops reading must not get old tables later.
      yield* stdio.drained
    })
    yield* ask(server, view)
    yield* Effect.sleep(firstRates)
    yield* print
    if (!isOnce) yield* Effect.forever(Effect.zipRight(Effect.sleep(interval), print))
  })

/**
 * Shows the table in the whole terminal until the user leaves. The next question to the server follows only after the
 * terminal has taken the last frame, so a stalled terminal keeps no memory and costs the server nothing.
 */
const showFullScreen = (
  server: FoundServer,
  view: TopView,
  interval: Duration.Duration,
): Effect.Effect<void, CommandFailed | OutputClosed | OutputFailed, Stdio> =>
  Effect.gen(function* () {
    const stdio = yield* Stdio
    const palette = paletteOf("default", stdio.colour.output)
    const left = yield* Deferred.make<void, OutputClosed>()
    const waiters = new Waiters()
    let isWoken = false
    let isWanted = true
    const wake = (asks: boolean) => {
      isWoken = true
      isWanted ||= asks
      waiters.wake()
    }
    const terminal = yield* takeTerminal(
      {
        onKey: (key) => {
          const reply = view.press(key)
          if (reply === "leave") Deferred.unsafeDone(left, Effect.void)
          else if (reply === "suspend") terminal.suspend()
          else if (reply !== "none") wake(reply === "ask")
        },
        onResize: () => wake(true),
        onContinue: () => wake(true),
      },
      fullScreen,
    )
    // A frame that is still queued would appear on the screen that the end of the scope restores.
    yield* Effect.addFinalizer(() =>
      stdio.drained.pipe(Effect.ignore, Effect.interruptible, Effect.timeoutOption(eraseTime)),
    )
    yield* Effect.forkScoped(Effect.catchAll(readTerminal(terminal), (closed) => Deferred.fail(left, closed)))
    const woken = Effect.suspend(() => (isWoken ? Effect.void : waiters.waitThen(Effect.void)))
    const update = Effect.gen(function* () {
      isWoken = false
      const size = terminal.size()
      view.resize(clientRows(size))
      if (isWanted) {
        isWanted = false
        yield* ask(server, view)
      }
      yield* stdio.write(Buffer.from(topFrame(topLines(view, size, palette))))
      yield* stdio.drained
      yield* Effect.sleep(frameTime)
      const isDue = yield* Effect.raceFirst(Effect.as(Effect.sleep(interval), true), Effect.as(woken, false))
      if (isDue && !view.isPaused) isWanted = true
    })
    yield* Effect.raceFirst(Effect.forever(update), Deferred.await(left))
  }).pipe(Effect.scoped)

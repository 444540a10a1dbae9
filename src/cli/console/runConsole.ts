import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as FiberSet from "effect/FiberSet"
import * as Queue from "effect/Queue"
import * as Stream from "effect/Stream"
import type { Assistant } from "../../assistant/index.ts"
import * as Domain from "../../domain/assistant/index.ts"
import { escapeControls, formatConnectionId } from "../../domain/index.ts"
import { Waiters } from "../../runtime/Waiters.ts"
import type { Look } from "../output/Look.ts"
import { Stamps } from "../output/Stamps.ts"
import { paletteOf } from "../output/theme.ts"
import type { OutputClosed, OutputFailed } from "../process/outputErrors.ts"
import { Stdio } from "../process/stdio.ts"
import { ConsoleActions } from "./ConsoleActions.ts"
import { ConsoleInput } from "./ConsoleInput.ts"
import { History } from "./History.ts"
import type { Key } from "./LineEditor.ts"
import { OwnLines } from "./OwnLines.ts"
import { Recording } from "./Recording.ts"
import { RowBlocks } from "./RowBlocks.ts"
import { RowFeed } from "./RowFeed.ts"
import { readTerminal } from "./readTerminal.ts"
import { leftOutText, rowText, statusText } from "./rowText.ts"
import { Screen } from "./Screen.ts"
import { takeTerminal } from "./Terminal.ts"
import type { TypedForm } from "./typedForm.ts"

/** The options of a console. */
export interface ConsoleOptions {
  readonly assistant: Assistant
  /** The path of the history. */
  readonly history: string
  readonly look: Look
  /** Whether the console shows received and sent data from the start. Otherwise it shows only announcements. */
  readonly showsTraffic: boolean
  /** The first lines that the console shows. */
  readonly notes: ReadonlyArray<string>
  /** The form of typed lines at the start. */
  readonly form: TypedForm
  /** Keys that the user typed before the console. */
  readonly typed?: ReadonlyArray<Key>
  /** The action of two Ctrl-C. Default: it ends the console. */
  readonly onLeave?: Effect.Effect<void>
  /** The action of Ctrl-D in an empty line. Default: the same as `onLeave`. */
  readonly onEnd?: Effect.Effect<void>
}

// The shortest time between two frames, milliseconds.
const frameMillis = 33
// The maximum number of commands that wait while another command runs.
const mostWaiting = 256
// The maximum number of clients whose names Tab completes.
const mostKnown = 1000
// The longest time that a stop or the end waits until the terminal has erased the footer.
const eraseTime = "200 millis"
const clearScreen = "\u001b[H\u001b[2J"

/**
 * Runs the console of a window until the user leaves. Sockets never wait for the terminal. A frame is painted only
 * after the terminal has taken the previous frame. A line with a number replaces the rows that do not fit into the frame.
 */
export const runConsole = (options: ConsoleOptions): Effect.Effect<void, OutputClosed | OutputFailed, Stdio> =>
  Effect.scoped(
    Effect.gen(function* () {
      const { assistant } = options
      const stdio = yield* Stdio
      const palette = paletteOf(options.look.theme, stdio.colour.output)
      const ended = yield* Deferred.make<void, OutputClosed>()
      const fork = yield* FiberSet.makeRuntime<never, unknown, never>()
      const waiters = new Waiters()
      const stamps = new Stamps(options.look.stamps, true)
      let isDirty = true
      const wake = () => {
        isDirty = true
        waiters.wake()
      }
      const own = new OwnLines()
      const print = (lines: ReadonlyArray<string>) => {
        own.add(lines)
        wake()
      }
      const say = (text: string) => print([palette.dim(escapeControls(text))])

      yield* stdio.takeMessages((text) => say(text.replace(/^tcpfx: |\n$/g, "")))
      for (const note of options.notes) say(note)
      const recording = yield* Recording.make(assistant)
      let state = yield* assistant.state
      let recipients: ReadonlyArray<string> = []
      const feed = yield* RowFeed.make(
        assistant,
        wake,
        options.showsTraffic ? shownAtStart(options.look) : { direction: "announcement" },
      )
      feed.view = options.look.view
      const blocks = options.look.gap === undefined ? undefined : yield* RowBlocks.make(options.look.gap, wake)
      const actions = new ConsoleActions({ assistant, palette, feed, print, form: options.form })
      const commands = yield* Queue.dropping<Effect.Effect<void>>(mostWaiting)
      const enqueue = (command: Effect.Effect<void>) => {
        if (!commands.unsafeOffer(command))
          print([palette.problem(`${mostWaiting} commands wait already; this one is dropped`)])
      }
      let clear = ""
      // A terminal stopped by Ctrl-S must not prevent the process from stopping or ending.
      const eraseFooter = Effect.suspend(() => stdio.write(Buffer.from(screen.erase()))).pipe(
        Effect.zipRight(stdio.drained),
        Effect.ignore,
        Effect.interruptible,
        Effect.timeoutOption(eraseTime),
      )
      // The action may end the process at once.
      const leave = Effect.zipRight(eraseFooter, options.onLeave ?? Deferred.succeed(ended, undefined))
      const suspend = Effect.zipRight(
        eraseFooter,
        Effect.sync(() => terminal.suspend()),
      )
      const input = new ConsoleInput(History.open(options.history), {
        print: say,
        submit: (line) => {
          if (actions.isUrgent(line)) fork(actions.run(line))
          else enqueue(actions.run(line))
        },
        submitEach: (all) => enqueue(actions.runEach(all)),
        leave: () => void fork(leave),
        end: () => void fork(options.onEnd ?? leave),
        suspend: () => void fork(suspend),
        redraw: () => {
          screen.forget()
          clear = clearScreen
        },
        known: () => ({
          kind: assistant.kind,
          recipients,
          macros: state.macros.map(({ name }) => name),
          rules: state.rules.map(({ rule }) => rule.name),
        }),
        now: () => performance.now(),
      })
      const terminal = yield* takeTerminal({
        onKey: (key) => {
          input.press(key)
          wake()
        },
        onResize: () => {
          screen.resize(terminal.size().columns)
          wake()
        },
        onContinue: () => {
          screen.forget()
          screen.resize(terminal.size().columns)
          wake()
        },
      })
      const screen = new Screen(terminal.size().columns)
      yield* Effect.addFinalizer(() => eraseFooter)
      for (const key of options.typed ?? []) input.press(key)

      yield* Effect.forkScoped(
        Stream.runForEach(assistant.states, (next) =>
          Effect.gen(function* () {
            const isOther =
              next._tag === "ServerWindow" &&
              state._tag === "ServerWindow" &&
              next.clientsVersion !== state.clientsVersion
            state = next
            if (isOther || recipients.length === 0) recipients = yield* knownRecipients(assistant)
            wake()
          }),
        ),
      )
      yield* Effect.forkScoped(Effect.forever(Effect.flatten(commands.take)))
      yield* Effect.forkScoped(Effect.catchAll(readTerminal(terminal), (closed) => Deferred.fail(ended, closed)))

      const paint = Effect.gen(function* () {
        isDirty = false
        const { leftOut, rows } = yield* feed.read
        const { dropped, lines } = own.take()
        const text = screen.paint(
          [
            ...(leftOut > 0 ? [leftOutText(leftOut, palette)] : []),
            ...(blocks === undefined ? rows : blocks.take(rows)).flatMap((row) => rowText(row, palette, stamps)),
            ...(dropped > 0 ? [leftOutText(dropped, palette)] : []),
            ...lines,
          ],
          {
            status: statusText(state, feed.notShown, palette),
            prompt: input.question ?? actions.prompt,
            text: input.question === undefined ? input.line.text : "",
            cursor: input.question === undefined ? input.line.cursor : 0,
          },
        )
        const cleared = clear
        clear = ""
        yield* stdio.write(Buffer.from(cleared + text))
        yield* recording.untilSeen(stdio.drained)
      })
      const painter = yield* Effect.forkScoped(
        Effect.forever(
          Effect.suspend(() =>
            isDirty ? Effect.zipRight(paint, Effect.sleep(frameMillis)) : waiters.waitThen(Effect.void),
          ),
        ),
      )
      yield* Effect.raceFirst(Deferred.await(ended), Fiber.join(painter))
      yield* Fiber.interrupt(painter)
    }),
  )

/** The filter at the start. As in plain lines, it applies to data only. */
const shownAtStart = ({ filter }: Look): Domain.LogFilter | undefined =>
  filter === undefined ? undefined : { ...filter, keepsAnnouncements: true }

const written = (term: Domain.RecipientTerm): string =>
  Domain.formatRecipients({ _tag: "Recipients", some: [term], but: [] })

const knownRecipients = (assistant: Assistant): Effect.Effect<ReadonlyArray<string>> =>
  Effect.match(assistant.clients({ from: 0, count: mostKnown, sort: "activity" }), {
    onSuccess: ({ rows }) => [
      ...new Set(
        rows.flatMap(({ id, name, tags }) => [
          ...(name === "" ? [] : [written({ _tag: "Name", name })]),
          ...tags.map((tag) => written({ _tag: "Tag", tag })),
          `@${formatConnectionId(id).slice(1)}`,
        ]),
      ),
    ],
    onFailure: () => [],
  })

import * as Chunk from "effect/Chunk"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as Assistant from "../../domain/assistant/index.ts"
import { EventLineWriter } from "../../domain/EventLineWriter.ts"
import { clientWords } from "../../domain/eventWords.ts"
import { type ClientEvent, type ConnectionId, Framing, type ServerEvent } from "../../domain/index.ts"
import { allocate } from "../../runtime/bytes.ts"
import type { CommandFailed } from "../process/exit.ts"
import type { MessageLog } from "../process/MessageLog.ts"
import type { OutputClosed, OutputFailed } from "../process/outputErrors.ts"
import { Stdio } from "../process/stdio.ts"

import { ClientText } from "./clientText.ts"
import { compileEventTest } from "./frameFilter.ts"
import { coderOf, defaultLook, type Look } from "./Look.ts"
import { largeFrameBytes, Page, type Renderer } from "./Page.ts"
import { QuietProbes } from "./QuietProbes.ts"
import { rowWriters } from "./rowWriters.ts"
import { Stamps } from "./Stamps.ts"
import { ServerText } from "./serverText.ts"
import { paletteOf } from "./theme.ts"

/** The values of `--output`. */
export const outputModes = ["text", "json", "raw"] as const
export type OutputMode = (typeof outputModes)[number]

const json = (): Renderer<ServerEvent | ClientEvent> => {
  const lines = new EventLineWriter()
  return {
    render: (event, page) => {
      if ("bytes" in event && event.bytes.length > largeFrameBytes) page.pieces(lines.pieces(event, allocate))
      else lines.write(event, page.data)
      page.data.byte(lineFeed)
    },
  }
}

const lineFeed = 0x0a
const lineEnd = Uint8Array.of(lineFeed)

const raw = (framing: Framing.Framing, log: MessageLog): Renderer<ServerEvent | ClientEvent> => ({
  render: (event, page) => {
    if (event._tag === "FrameReceived") {
      if (framing === Framing.line) {
        // The LF is a separate part, so that a line of megabytes is not copied.
        page.bytes(event.bytes)
        page.bytes(lineEnd)
      } else page.bytes(Framing.wireOf(framing, event.bytes))
    }
    // Standard output has only the bytes of the peers. These events go to standard error, so that a wait for the next
    // attempt does not look like a hang.
    if ((event._tag === "Reconnecting" || event._tag === "GaveUp") && log.shows("warn")) {
      page.err(log.line("warn", clientWords(event)))
    }
  },
})

/** The test of the events of a look, or `undefined` if all events are shown. */
const testOf = ({ filter }: Look, coder: Assistant.TextCoder, framing: Framing.Framing) =>
  filter === undefined ? Effect.succeed(undefined) : compileEventTest(filter, coder, framing.delimited !== false)

const jsonOf = (framing: Framing.Framing, look: Look) =>
  Effect.map(testOf(look, Assistant.utf8Coder, framing), (admits): Renderer<ServerEvent | ClientEvent> => {
    const all = json()
    if (admits === undefined) return all
    return {
      render: (event, page) => {
        if (admits(event)) all.render(event, page)
      },
    }
  })

const textOptions = (framing: Framing.Framing, look: Look) =>
  Effect.gen(function* () {
    const stdio = yield* Stdio
    const coder = yield* coderOf(look)
    return {
      data: paletteOf(look.theme, stdio.colour.output),
      talk: paletteOf(look.theme, stdio.colour.error),
      log: stdio.log,
      stamps: new Stamps(look.stamps, stdio.together),
      whole: framing.delimited !== false,
      writers: rowWriters(look.view, coder),
      admits: yield* testOf(look, coder, framing),
    }
  })

/** The contents of the rows of `tcpfx serve`. */
export interface ServerRows {
  /** Whether half-closed clients stay connected, so that each half-close has a row. */
  readonly halfClosedKept: boolean
  readonly look?: Look
  readonly nameOf?: ((id: ConnectionId) => string) | undefined
  /** Whether the probes of health checks have no rows. `showsTraffic` is then whether data has rows. */
  readonly quietProbes?: boolean
  readonly showsTraffic?: boolean
}

/** The renderer of `tcpfx serve`. JSON uses only the filter of the look, and raw output ignores the look. */
export const serverRenderer = (
  mode: OutputMode,
  framing: Framing.Framing,
  { halfClosedKept, look = defaultLook, nameOf, quietProbes = false, showsTraffic = true }: ServerRows,
): Effect.Effect<Renderer<ServerEvent>, CommandFailed, Stdio> =>
  Effect.gen(function* () {
    if (mode === "json") return yield* jsonOf(framing, look)
    if (mode === "raw") return raw(framing, (yield* Stdio).log)
    const rows = new ServerText({ ...(yield* textOptions(framing, look)), halfClosedKept, nameOf })
    return quietProbes ? new QuietProbes(rows, showsTraffic) : rows
  })

/** The renderer of `tcpfx connect`. JSON uses only the filter of `look`, and raw output ignores `look`. */
export const clientRenderer = (
  mode: OutputMode,
  framing: Framing.Framing,
  look: Look = defaultLook,
): Effect.Effect<Renderer<ClientEvent>, CommandFailed, Stdio> =>
  Effect.gen(function* () {
    if (mode === "json") return yield* jsonOf(framing, look)
    if (mode === "raw") return raw(framing, (yield* Stdio).log)
    return new ClientText(yield* textOptions(framing, look))
  })

/** The behaviour when events arrive faster than they can be shown. */
export interface Showing {
  /**
   * `"all"`: the events block their publisher. `"relay"`: events are dropped and counted, so that a relay never waits.
   */
  readonly pace: "all" | "relay"
}

// A relay shows at most this many bytes at once, and then pauses three times as long as it has worked. So it shows events
// during at most a quarter of the time. After a pause, the first line costs as much as dozens of later lines. So pauses
// have a minimum, which is too short to see.
const relayBufferBytes = 256 * 1024
const restPerWork = 3
const shortestRest = Duration.millis(8)
// If the output takes longer, it has waited for its reader. That wait is not work.
const longestWork = Duration.millis(50)

/** The options of the subscription to the shown events. */
export const subscription = ({ pace }: Showing) =>
  pace === "all"
    ? ({ overflow: "block" } as const)
    : ({ overflow: "drop-frames", bufferBytes: relayBufferBytes } as const)

const mostExpectedBytes = 256 * 1024

/** Shows events until their stream ends or standard output has no reader any more. */
export const show = <E>(
  events: Stream.Stream<E>,
  renderer: Renderer<E>,
  showing: Showing = { pace: "all" },
): Effect.Effect<void, OutputClosed | OutputFailed, Stdio> =>
  Effect.raceFirst(
    showAll(events, renderer, showing),
    Effect.flatMap(Stdio, (stdio) => stdio.gone),
  )

const showAll = <E>(
  events: Stream.Stream<E>,
  renderer: Renderer<E>,
  { pace }: Showing,
): Effect.Effect<void, OutputClosed | OutputFailed, Stdio> => {
  let expectedBytes = 0
  const showFrom = (shown: ReadonlyArray<E>, from: number): Effect.Effect<void, OutputClosed | OutputFailed, Stdio> =>
    Effect.suspend(() => {
      const page = new Page(expectedBytes)
      let next = from
      while (next < shown.length && !page.isFull) renderer.render(shown[next++] as E, page)
      // The next buffer has a quarter more room, because the size of the next page differs a little.
      expectedBytes = Math.min(Math.ceil(1.25 * page.size), mostExpectedBytes)
      return next === shown.length ? page.flush : Effect.flatMap(page.flush, () => showFrom(shown, next))
    })
  const write = (chunk: Chunk.Chunk<E>) => {
    const written = showFrom(Chunk.toReadonlyArray(chunk), 0)
    if (pace === "all") return written
    return Effect.flatMap(Effect.timed(written), ([took]) =>
      Effect.sleep(Duration.max(Duration.times(Duration.min(took, longestWork), restPerWork), shortestRest)),
    )
  }
  // `Stream.runForEachChunk` is too slow here. It makes a chain of steps in which an older step refers to each newer one.
  // So V8 frees no event in its young generation, and garbage collection takes several times as long as the output.
  return Stream.toPull(events).pipe(
    Effect.flatMap((pull) =>
      Effect.forever(Effect.flatMap(pull, (chunk) => Effect.mapError(write(chunk), Option.some))),
    ),
    Effect.catchAll((end) => (Option.isNone(end) ? Effect.void : Effect.fail(end.value))),
    Effect.scoped,
  )
}

import * as Chunk from "effect/Chunk"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import {
  type ClientEvent,
  encodeClientEventLine,
  encodeServerEventLine,
  type Framing,
  type ServerEvent,
} from "../../domain/index.ts"
import type { OutputClosed, OutputFailed } from "../outputErrors.ts"
import { Stdio } from "../stdio.ts"
import { announce, ClientText } from "./clientText.ts"
import { styleOf } from "./format.ts"
import { Page, type Renderer } from "./Page.ts"
import { ServerText } from "./serverText.ts"

/** What `--output` takes. */
export const outputModes = ["text", "json", "raw"] as const
export type OutputMode = (typeof outputModes)[number]

const json = <E>(encode: (event: E) => string): Renderer<E> => ({
  render: (event, page) => page.out(`${encode(event)}\n`),
})

const raw = (framing: Framing.Framing): Renderer<ServerEvent | ClientEvent> => ({
  render: (event, page) => {
    if (event._tag === "FrameReceived") page.bytes(framing.encode(event.bytes))
    // Standard output has only the peers' bytes, but a wait for the next attempt must not look like a hang.
    if (event._tag === "Reconnecting" || event._tag === "GaveUp") page.err(`tcpfx: ${announce(event)}\n`)
  },
})

const textOptions = (stdio: Stdio["Type"], framing: Framing.Framing) => ({
  data: styleOf(stdio.colour.output),
  talk: styleOf(stdio.colour.error),
  whole: framing.name !== "raw",
})

/** How `tcpfx serve` shows its events. */
export const serverRenderer = (
  mode: OutputMode,
  framing: Framing.Framing,
  halfClosedKept: boolean,
): Effect.Effect<Renderer<ServerEvent>, never, Stdio> =>
  Effect.map(Stdio, (stdio) =>
    mode === "json"
      ? json(encodeServerEventLine)
      : mode === "raw"
        ? raw(framing)
        : new ServerText({ ...textOptions(stdio, framing), halfClosedKept }),
  )

/** How `tcpfx connect` shows its events. */
export const clientRenderer = (
  mode: OutputMode,
  framing: Framing.Framing,
): Effect.Effect<Renderer<ClientEvent>, never, Stdio> =>
  Effect.map(Stdio, (stdio) =>
    mode === "json"
      ? json(encodeClientEventLine)
      : mode === "raw"
        ? raw(framing)
        : new ClientText(textOptions(stdio, framing)),
  )

/** How much of the events is shown when they come faster than they can be. */
export interface Showing {
  /** `"all"`: what comes is held back. `"relay"`: some are left out, and said so; relaying never waits for a screen. */
  readonly pace: "all" | "relay"
}

// A relay shows a piece of this size at the most in one go, and rests three times as long as that took: at full load
// showing takes a quarter of the time. It rests no shorter than nobody sees, as to begin costs as much as dozens of lines.
const relayBufferBytes = 256 * 1024
const restPerWork = 3
const shortestRest = Duration.millis(8)
// What took longer was a wait for a reader, and no work.
const longestWork = Duration.millis(50)

/** How to subscribe to events for showing them. */
export const subscription = ({ pace }: Showing) =>
  pace === "all"
    ? ({ overflow: "block" } as const)
    : ({ overflow: "drop-oldest", bufferBytes: relayBufferBytes } as const)

/** Shows events until their stream ends, or until standard output has no reader any more. */
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
): Effect.Effect<void, OutputClosed | OutputFailed, Stdio> =>
  Stream.runForEachChunk(events, (chunk) => {
    const write = Effect.suspend(() => {
      const page = new Page()
      for (const event of Chunk.toReadonlyArray(chunk)) renderer.render(event, page)
      return page.flush
    })
    if (pace === "all") return write
    return Effect.flatMap(Effect.timed(write), ([took]) =>
      Effect.sleep(Duration.max(Duration.times(Duration.min(took, longestWork), restPerWork), shortestRest)),
    )
  })

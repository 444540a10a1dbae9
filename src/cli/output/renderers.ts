import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import {
  type ClientEvent,
  encodeClientEventLine,
  encodeServerEventLine,
  type Framing,
  type ServerEvent,
} from "../../domain/index.ts"
import { type OutputClosed, type OutputFailed, Stdio } from "../stdio.ts"
import { ClientText } from "./clientText.ts"
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

/** Shows events until their stream ends; holds the stream back while standard output is not read. */
export const show = <E>(
  events: Stream.Stream<E>,
  renderer: Renderer<E>,
): Effect.Effect<void, OutputClosed | OutputFailed, Stdio> =>
  Stream.runForEachChunk(events, (chunk) => {
    const page = new Page()
    for (const event of Chunk.toReadonlyArray(chunk)) renderer.render(event, page)
    return page.flush
  })

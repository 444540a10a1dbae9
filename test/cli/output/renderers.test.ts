import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { Page } from "../../../src/cli/output/Page.ts"
import { clientRenderer, type OutputMode, serverRenderer, show } from "../../../src/cli/output/renderers.ts"
import { OutputClosed } from "../../../src/cli/process/outputErrors.ts"
import { Stdio } from "../../../src/cli/process/stdio.ts"
import {
  ClientEvent,
  ConnectionId,
  decodeClientEventLine,
  decodeServerEventLine,
  Framing,
  ServerEvent,
  tcpEndpoint,
} from "../../../src/domain/index.ts"
import { anyOf } from "../../support/eventArbitraries.ts"
import { runs } from "../../support/properties.ts"
import { recordedStdio } from "../../support/shown.ts"

const stamp = { seq: 1, at: 0 }
const id = ConnectionId.make(1)
const everyByte = Uint8Array.from({ length: 256 }, (_, byte) => byte)
const received = (bytes: Uint8Array): ServerEvent => ({ _tag: "FrameReceived", ...stamp, id, bytes })
const opened: ServerEvent = {
  _tag: "ConnectionOpened",
  ...stamp,
  id,
  local: tcpEndpoint("127.0.0.1", 1),
  remote: tcpEndpoint("127.0.0.1", 2),
}
const sent: ServerEvent = { _tag: "FrameSent", ...stamp, to: [id], bytes: everyByte }

const serverShows = (mode: OutputMode, framing: Framing.Framing, events: ReadonlyArray<ServerEvent>) => {
  const { stdio, ...recorded } = recordedStdio()
  return Effect.gen(function* () {
    yield* show(Stream.fromIterable(events), yield* serverRenderer(mode, framing, { halfClosedKept: false }))
    return recorded
  }).pipe(Effect.provideService(Stdio, stdio))
}

const clientShows = (mode: OutputMode, events: ReadonlyArray<ClientEvent>) => {
  const { stdio, ...recorded } = recordedStdio()
  return Effect.gen(function* () {
    yield* show(Stream.fromIterable(events), yield* clientRenderer(mode, Framing.raw))
    return recorded
  }).pipe(Effect.provideService(Stdio, stdio))
}

describe("raw output", () => {
  it.effect("is only the bytes of the peers", () =>
    Effect.gen(function* () {
      const { shown, bytes } = yield* serverShows("raw", Framing.raw, [opened, received(everyByte), sent])
      expect(bytes()).toEqual(everyByte)
      expect(shown()).toHaveLength(1)
    }),
  )

  it.effect("ends each line frame with LF", () =>
    Effect.gen(function* () {
      const { bytes } = yield* serverShows("raw", Framing.line, [received(everyByte), received(new Uint8Array(0))])
      expect(bytes()).toEqual(Uint8Array.of(...everyByte, 10, 10))
    }),
  )

  it.effect("reports on standard error that the client waits for a connection", () =>
    Effect.gen(function* () {
      const { shown } = yield* clientShows("raw", [
        { _tag: "LookingUp", ...stamp, host: "h" },
        { _tag: "Reconnecting", ...stamp, attempt: 1, delayMillis: 500, cause: "refused" },
        { _tag: "GaveUp", ...stamp, attempts: 2, cause: "refused" },
      ])
      expect(shown()).toEqual([
        ["err", "tcpfx: refused; attempt 1 follows in 500 ms\ntcpfx: gave up after 2 attempts\n"],
      ])
    }),
  )
})

it.effect.prop(
  "a line of JSON for each event reads back as that event, on standard output",
  [anyOf(ServerEvent), anyOf(ClientEvent)],
  ([server, client]) =>
    Effect.gen(function* () {
      const serverShown = (yield* serverShows("json", Framing.raw, [server, server])).shown()
      const clientShown = (yield* clientShows("json", [client])).shown()
      const [to, text] = serverShown[0] ?? ["err", ""]
      expect([serverShown.length, to]).toEqual([1, "out"])
      const serverRead = Either.right({ ...server, v: 1 })
      const lines = text.trimEnd().split("\n")
      expect(lines.map((line) => decodeServerEventLine(line))).toEqual([serverRead, serverRead])
      expect(clientShown.map(([, line]) => decodeClientEventLine(line.trimEnd()))).toEqual([
        Either.right({ ...client, v: 1 }),
      ])
    }),
  runs(50),
)

describe("a page", () => {
  it.effect("is written in order, with as few writes as that order allows", () =>
    Effect.gen(function* () {
      const { stdio, shown } = recordedStdio()
      const page = new Page()
      page.out("a")
      page.out("b")
      page.err("")
      page.out("c")
      page.err("d")
      page.err("e")
      page.bytes(Uint8Array.of(0x66))
      page.out("g")
      yield* Effect.provideService(page.flush, Stdio, stdio)
      expect(shown()).toEqual([
        ["out", "abc"],
        ["err", "de"],
        ["out", "f"],
        ["out", "g"],
      ])
    }),
  )
})

describe("showing", () => {
  it.effect("ends when the reader of standard output is gone", () =>
    Effect.gen(function* () {
      const { stdio } = recordedStdio()
      const gone = Stdio.of({ ...stdio, writeLines: () => new OutputClosed({ by: "reader" }) })
      const renderer = yield* Effect.provideService(
        serverRenderer("text", Framing.raw, { halfClosedKept: false }),
        Stdio,
        gone,
      )
      const events = Stream.concat(Stream.make(received(everyByte)), Stream.never)
      const failed = yield* Effect.flip(Effect.provideService(show(events, renderer), Stdio, gone))
      expect(failed._tag).toBe("OutputClosed")
    }),
  )

  it.effect("of a relay pauses three times as long as it wrote, and of other modes never", () =>
    Effect.gen(function* () {
      const { stdio } = recordedStdio()
      let writes = 0
      const slow = Stdio.of({
        ...stdio,
        writeLines: () =>
          Effect.zipRight(
            Effect.sleep("10 millis"),
            Effect.sync(() => void writes++),
          ),
      })
      const writesAfter = (millis: number, pace: "all" | "relay") =>
        Effect.gen(function* () {
          writes = 0
          const renderer = yield* serverRenderer("text", Framing.raw, { halfClosedKept: false })
          const events = Stream.fromIterable(Array.from({ length: 10 }, () => received(everyByte)))
          const showing = yield* Effect.fork(show(Stream.rechunk(events, 1), renderer, { pace }))
          yield* TestClock.adjust(millis)
          yield* Fiber.interrupt(showing)
          return writes
        }).pipe(Effect.provideService(Stdio, slow))
      expect(yield* writesAfter(89, "relay")).toBe(2)
      expect(yield* writesAfter(90, "relay")).toBe(3)
      expect(yield* writesAfter(90, "all")).toBe(9)
    }),
  )
})

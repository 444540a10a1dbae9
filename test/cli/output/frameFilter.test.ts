import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { loadEncoding } from "../../../src/assistant/index.ts"
import { compileEventTest } from "../../../src/cli/output/frameFilter.ts"
import { defaultLook } from "../../../src/cli/output/Look.ts"
import { Page } from "../../../src/cli/output/Page.ts"
import { serverRenderer } from "../../../src/cli/output/renderers.ts"
import { Stdio } from "../../../src/cli/process/stdio.ts"
import { Assistant, type ClientEvent, Framing, type ServerEvent } from "../../../src/domain/index.ts"
import { closed, id, lines, received, sent, stamp, time, zone } from "../../support/serverTexts.ts"
import { recordedStdio } from "../../support/shown.ts"

process.env["TZ"] = zone

/** The rows of data that a filter lets through. */
const shown = (filter: Assistant.LogFilter, events: ReadonlyArray<ServerEvent>, whole = true, encoding = "utf-8") =>
  Effect.gen(function* () {
    const coder = yield* loadEncoding(encoding)
    const admits = yield* compileEventTest(filter, coder, whole)
    return lines(events, { admits, coder, whole })
      .filter((line) => !line.startsWith("!"))
      .map((line) => line.slice(time.length + 1))
  })

const events = [received(1, "ERR a"), received(2, "ok"), sent([1, 3], "err b"), sent([2], "x"), closed(1)]

describe("a filter for data", () => {
  it.effect.each<readonly [Assistant.LogFilter, ReadonlyArray<string>]>([
    [{ direction: "received" }, ["#1 < ERR a", "#2 < ok"]],
    [{ direction: "sent" }, ["#1,#3 > err b", "#2 > x"]],
    [{ clients: [id(1)] }, ["#1 < ERR a", "#1,#3 > err b"]],
    [{ clients: [id(2), id(3)] }, ["#2 < ok", "#1,#3 > err b", "#2 > x"]],
    [{ text: "err" }, ["#1 < ERR a", "#1,#3 > err b"]],
    [{ regex: "^e" }, ["#1,#3 > err b"]],
    [{ hex: "6f 6b" }, ["#2 < ok"]],
    [{ clients: [id(1)], direction: "received", text: "b" }, []],
  ])("shows what meets every condition: %o", ([filter, rows]) =>
    Effect.gen(function* () {
      expect(yield* shown(filter, events)).toEqual(rows)
    }),
  )

  it.effect("never hides what connects, closes or was missed", () =>
    Effect.gen(function* () {
      const admits = yield* compileEventTest({ text: "nothing" }, Assistant.utf8Coder, true)
      const missed: ServerEvent = { _tag: "EventsMissed", ...stamp, missed: 2 }
      const messages = lines([...events, missed], { admits })
      expect(messages).toHaveLength(2)
      expect(messages.every((line) => line.startsWith("!"))).toBe(true)
    }),
  )

  it.effect("finds a character that is split over two reads, in any encoding", () =>
    Effect.gen(function* () {
      for (const [encoding, bytes] of [
        ["gbk", [0xc4, 0xe3]],
        ["utf-8", [0xe4, 0xbd, 0xa0]],
      ] as const) {
        const pieces = [Uint8Array.from(bytes.slice(0, 1)), Uint8Array.from(bytes.slice(1))]
        const frames = pieces.flatMap((piece) => [received(1, piece), received(2, piece)])
        expect(yield* shown({ text: "你" }, frames, false, encoding)).toEqual(["#1 < 你", "#2 < 你"])
      }
    }),
  )

  it.effect("forgets an incomplete character at the end of a client", () =>
    Effect.gen(function* () {
      const frames = [
        received(1, Uint8Array.of(0xe4, 0xbd)),
        closed(1),
        received(1, Uint8Array.of(0xa0)),
        received(1, "a"),
      ]
      const admits = yield* compileEventTest({ regex: "^a$" }, Assistant.utf8Coder, false)
      expect(frames.map((event) => admits(event))).toEqual([false, true, false, true])
    }),
  )

  it.effect("applies to the one server of a client, too", () =>
    Effect.gen(function* () {
      const admits = yield* compileEventTest({ direction: "received", text: "a" }, Assistant.utf8Coder, false)
      const bytes = (text: string) => new TextEncoder().encode(text)
      const ofClient: ReadonlyArray<ClientEvent> = [
        { _tag: "FrameReceived", ...stamp, bytes: bytes("a") },
        { _tag: "FrameReceived", ...stamp, bytes: bytes("b") },
        { _tag: "FrameSent", ...stamp, bytes: bytes("a") },
      ]
      expect(ofClient.map((event) => admits(event))).toEqual([true, false, false])
    }),
  )

  it.effect("applies to JSON", () =>
    Effect.gen(function* () {
      const { shown: written, stdio } = recordedStdio()
      yield* Effect.gen(function* () {
        const renderer = yield* serverRenderer("json", Framing.line, {
          halfClosedKept: false,
          look: { ...defaultLook, filter: { direction: "received", text: "ok" } },
        })
        const page = new Page()
        for (const event of events) renderer.render(event, page)
        yield* page.flush
      }).pipe(Effect.provideService(Stdio, stdio))
      const tags = written().flatMap(([, text]) =>
        [...text.matchAll(/"_tag":"(Frame|Connection)(\w+)"/g)].map(([, , tag]) => tag),
      )
      expect(tags).toEqual(["Received", "Closed"])
    }),
  )

  it.effect("with an invalid expression is refused", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(compileEventTest({ regex: "(" }, Assistant.utf8Coder, true))
      expect(error).toMatchObject({
        code: 2,
        message: expect.stringContaining("--filter: the regular expression is invalid"),
      })
    }),
  )
})

import { describe, expect, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { Client } from "../../src/client/index.ts"
import { Framing } from "../../src/domain/index.ts"
import { type Messages, Protocol } from "../../src/protocol/index.ts"
import { Server } from "../../src/server/index.ts"
import { MemoryTransport } from "../../src/transport/index.ts"
import { bad, Chat, good, take, untilClosed } from "../support/chatProtocol.ts"
import { anyPort } from "../support/eachTransport.ts"
import { utf8 } from "../support/texts.ts"

const memory = Effect.provide(MemoryTransport.layer())

const reading = {
  "a loop": <In, Out>({ runForEach }: Messages<In, Out>, keep: (message: In) => Effect.Effect<void>) =>
    runForEach(keep),
  "a stream": <In, Out>({ messages }: Messages<In, Out>, keep: (message: In) => Effect.Effect<void>) =>
    Stream.runForEach(messages, keep),
  receive: <In, Out>({ receive }: Messages<In, Out>, keep: (message: In) => Effect.Effect<void>) =>
    Effect.asVoid(
      Effect.repeat(Effect.tap(receive, Option.match({ onNone: () => Effect.void, onSome: keep })), {
        until: Option.isNone,
      }),
    ),
}
type Reading = keyof typeof reading

/** A server whose handler keeps the texts, and a client that sends bytes to it. */
const listening = (onInvalid: "close" | "skip", reads: Reading) =>
  Effect.gen(function* () {
    const texts: Array<string> = []
    const failure = yield* Deferred.make<unknown>()
    const keep = ({ text }: { readonly text: string }) => Effect.sync(() => void texts.push(text))
    const server = yield* Server.make({
      protocol: Chat,
      onInvalid,
      handler: (connection) =>
        reading[reads](connection, keep).pipe(Effect.onExit((exit) => Deferred.succeed(failure, exit))),
    })
    const { endpoint } = yield* server.listen(anyPort)
    const events = yield* server.subscribeEvents()
    const client = yield* Client.make()
    return { texts, server, events, failure, raw: yield* client.connect(endpoint) }
  })

describe.each(["a loop", "a stream", "receive"] as const)("a message that cannot be decoded, read by %s", (reads) => {
  it.scoped("closes the connection with its reason, after the messages before it", () =>
    Effect.gen(function* () {
      const { events, failure, raw, texts } = yield* listening("close", reads)
      yield* raw.send(utf8(good("a") + good("b") + bad + good("c")))
      const place = { codec: "json", frame: 3, offset: 2 * good("a").length }
      const [invalid, closed] = yield* untilClosed(events)
      expect(invalid).toMatchObject({
        _tag: "MessageInvalid",
        id: 1,
        ...place,
        problem: "text: Expected string, actual 5",
        parseError: { _tag: "ParseError" },
      })
      expect(closed).toMatchObject({
        _tag: "ConnectionClosed",
        reason: { _tag: "MessageInvalid", ...place, problem: "text: Expected string, actual 5" },
      })
      expect(texts).toEqual(["a", "b"])
      expect(yield* failure).toMatchObject({ cause: { error: { _tag: "CodecError", ...place } } })
    }).pipe(memory),
  )

  it.scoped("is skipped if the protocol says so, and each has its place", () =>
    Effect.gen(function* () {
      const { events, raw, texts } = yield* listening("skip", reads)
      const text = good("first") + bad + good("é") + bad + bad + good("last")
      const bytes = utf8(text)
      // The second bad message begins in one read and ends in another.
      const cut = utf8(good("first") + bad + good("é")).length + 5
      yield* raw.send(bytes.subarray(0, cut))
      yield* raw.send(bytes.subarray(cut))
      yield* raw.halfClose
      const places = (yield* untilClosed(events)).flatMap((event) =>
        event._tag === "MessageInvalid" ? [[event.frame, event.offset]] : [],
      )
      const second = utf8(good("first") + bad + good("é")).length
      expect(places).toEqual([
        [2, good("first").length],
        [4, second],
        [5, second + bad.length],
      ])
      expect(texts).toEqual(["first", "é", "last"])
    }).pipe(memory),
  )

  it.scoped("has its place after bytes that the framing skipped", () =>
    Effect.gen(function* () {
      const Slip = Protocol.make("slip", { toServer: Schema.Number, toClient: Schema.Number, framing: Framing.slip })
      const server = yield* Server.make({
        protocol: Slip,
        onInvalid: "skip",
        settings: { maxFrame: 4 },
        handler: (connection) => reading[reads](connection, () => Effect.void),
      })
      const { endpoint } = yield* server.listen(anyPort)
      const events = yield* server.subscribeEvents()
      const raw = yield* (yield* Client.make()).connect(endpoint)
      yield* raw.send(
        utf8("1\xc0toolong\xc0no\xc0\xc02\xc0x\xc0".replaceAll("\xc0", "|")).map((b) => (b === 124 ? 0xc0 : b)),
      )
      yield* raw.halfClose
      const places = (yield* untilClosed(events)).flatMap((event) =>
        event._tag === "MessageInvalid" ? [[event.frame, event.offset]] : [],
      )
      expect(places).toEqual([
        [2, 10],
        [4, 16],
      ])
    }).pipe(memory),
  )
})

class Word extends Context.Tag("test/Word")<Word, string>() {}

describe("an effect for messages that cannot be decoded", () => {
  it.scoped("can answer the peer with a service, and the next message is read", () =>
    Effect.gen(function* () {
      const server = yield* Server.make({
        protocol: Chat,
        handler: (connection) => connection.runForEach(({ text }) => connection.send({ _tag: "Heard", from: 0, text })),
        onInvalid: ({ frame = 0 }, connection) =>
          Effect.flatMap(Word, (text) => connection.send({ _tag: "Heard", from: frame, text })),
      })
      const { endpoint } = yield* server.listen(anyPort)
      const client = yield* Client.make({ frame: Framing.line })
      const raw = yield* client.connect(endpoint)
      yield* raw.send(utf8("nonsense"))
      yield* raw.send(utf8(`{"_tag":"Say","text":"a"}`))
      expect((yield* take(raw.frames, 2)).map((line) => new TextDecoder().decode(line))).toEqual([
        '{"_tag":"Heard","from":1,"text":"sorry"}',
        '{"_tag":"Heard","from":0,"text":"a"}',
      ])
    }).pipe(Effect.provideService(Word, "sorry"), memory),
  )

  it.scoped("closes the connection with the reason if it fails", () =>
    Effect.gen(function* () {
      const client = yield* Client.make()
      const server = yield* Server.make({
        settings: { frame: Framing.line },
        handler: (connection) => Effect.zipRight(connection.send(utf8("no")), connection.peerEnded),
      })
      const { endpoint } = yield* server.listen(anyPort)
      const asked = yield* Ref.make(0)
      const connection = yield* client.connect(endpoint, Chat, {
        onInvalid: (error) =>
          Effect.zipRight(
            Ref.update(asked, (n) => n + 1),
            Effect.fail(error),
          ),
      })
      const error = yield* Effect.flip(Stream.runDrain(connection.messages))
      expect(error).toMatchObject({ _tag: "CodecError", frame: 1, offset: 0 })
      expect((yield* connection.closed).reason).toMatchObject({ _tag: "MessageInvalid", frame: 1, offset: 0 })
      expect(yield* asked).toBe(1)
    }).pipe(memory),
  )
})

import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { Client } from "../../src/client/index.ts"
import { type Codec, CodecError, type Endpoint, Framing } from "../../src/domain/index.ts"
import { Messages, Requests } from "../../src/protocol/index.ts"
import { NodeTransport } from "../../src/transport/index.ts"
import { haveAll, type Peer, tcpFree } from "../support/peers.ts"
import { start } from "../support/tcpfxProcess.ts"
import { temporaryFolder } from "../support/transportFixture.ts"

const redis: Peer = { program: "redis-server", known: /redis/i, dial: () => [] }

const lf = 0x0a
const decoder = new TextDecoder()

/** A reply of Redis (RESP, version 2). A problem is an error reply. */
type Reply = string | number | null | { readonly problem: string } | ReadonlyArray<Reply>

/** Reads the reply at an offset. Returns it with its end, or `undefined` while bytes are missing. */
const readReply = (bytes: Uint8Array, at: number): { readonly reply: Reply; readonly end: number } | undefined => {
  const lineEnd = bytes.indexOf(lf, at)
  if (lineEnd < 0) return undefined
  const line = decoder.decode(bytes.subarray(at + 1, lineEnd - 1))
  const afterLine = lineEnd + 1
  switch (String.fromCharCode(bytes[at] ?? 0)) {
    case "+":
      return { reply: line, end: afterLine }
    case "-":
      return { reply: { problem: line }, end: afterLine }
    case ":":
      return { reply: Number(line), end: afterLine }
    case "$": {
      const length = Number(line)
      if (length < 0) return { reply: null, end: afterLine }
      const end = afterLine + length + 2
      return end > bytes.length
        ? undefined
        : { reply: decoder.decode(bytes.subarray(afterLine, afterLine + length)), end }
    }
    case "*": {
      const items: Array<Reply> = []
      let end = afterLine
      for (let left = Number(line); left > 0; left--) {
        const item = readReply(bytes, end)
        if (item === undefined) return undefined
        items.push(item.reply)
        end = item.end
      }
      return { reply: items, end }
    }
    default:
      throw new RangeError(`no reply of Redis begins with the byte ${bytes[at]}`)
  }
}

const resp = Framing.make({
  name: "resp",
  next: (bytes) => {
    const found = bytes.length === 0 ? undefined : readReply(bytes, 0)
    return found === undefined ? Framing.need() : Framing.frame(found.end, bytes.subarray(0, found.end))
  },
  encode: (payload) => payload,
})

const replies: Codec.Codec<Reply> = {
  name: "resp",
  encode: () => Either.left(new CodecError({ codec: "resp", problem: "a client sends no replies" })),
  decode: (payload) => {
    const found = readReply(payload, 0)
    return found === undefined
      ? Either.left(new CodecError({ codec: "resp", problem: "the reply is not whole" }))
      : Either.right(found.reply)
  },
}

const commands: Codec.Codec<ReadonlyArray<string>> = {
  name: "resp",
  encode: (words) =>
    Either.right(
      Buffer.from(`*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join("")}`),
    ),
  decode: () => Either.left(new CodecError({ codec: "resp", problem: "a client receives no commands" })),
}

/** A Redis that keeps nothing, on a free port. */
const serving = Effect.gen(function* () {
  const endpoint = yield* tcpFree
  const server = yield* start("redis-server", [
    ...["--bind", "127.0.0.1", "--port", `${endpoint._tag === "Tcp" ? endpoint.port : 0}`],
    ...["--dir", yield* temporaryFolder, "--save", "", "--appendonly", "no"],
  ])
  yield* server.waitFor("stdout", /Ready to accept connections/)
  return endpoint
})

const connectTo = (endpoint: Endpoint) =>
  Effect.gen(function* () {
    const client = yield* Client.make({ frame: resp })
    const messages = Messages.of(yield* client.connect(endpoint), { receive: replies, send: commands })
    return yield* Requests.make(messages, { correlate: "fifo", timeout: "30 seconds" })
  })

describe("requests in order to a Redis that we did not write", () => {
  it.scopedLive.skipIf(!haveAll(redis))("get replies of every kind, and errors as replies", () =>
    Effect.gen(function* () {
      const { request } = yield* connectTo(yield* serving)
      expect(yield* request(["PING"])).toBe("PONG")
      expect(yield* request(["SET", "key", "a\r\nvalue ü"])).toBe("OK")
      expect(yield* request(["GET", "key"])).toBe("a\r\nvalue ü")
      expect(yield* request(["GET", "nothing"])).toBeNull()
      expect(yield* request(["INCR", "count"])).toBe(1)
      expect(yield* request(["RPUSH", "list", "x", "y"])).toBe(2)
      expect(yield* request(["LRANGE", "list", "0", "-1"])).toEqual(["x", "y"])
      expect(yield* request(["NOPE"])).toMatchObject({ problem: expect.stringContaining("unknown command") })
    }).pipe(Effect.provide(NodeTransport.layer)),
  )

  it.scopedLive.skipIf(!haveAll(redis))(
    "get their own replies when thousands are in flight and many are cancelled",
    () =>
      Effect.gen(function* () {
        const { request, state } = yield* connectTo(yield* serving)
        const numbers = Array.from({ length: 5000 }, (_, index) => `${index}`)
        const echoed = yield* Effect.forEach(
          numbers,
          (number) => {
            const echo = request(["ECHO", number])
            return Number(number) % 3 === 0 ? Effect.as(Effect.raceFirst(Effect.yieldNow(), echo), number) : echo
          },
          { concurrency: "unbounded" },
        )
        expect(echoed).toEqual(numbers)
        expect(yield* request(["PING"])).toBe("PONG")
        expect(yield* state).toMatchObject({ inFlight: 0, waiting: 0, rest: 0 })
      }).pipe(Effect.provide(NodeTransport.layer)),
  )

  it.scopedLive.skipIf(!haveAll(redis))("leave the messages of a subscription in the rest", () =>
    Effect.gen(function* () {
      const endpoint = yield* serving
      const subscriber = yield* connectTo(endpoint)
      const publisher = yield* connectTo(endpoint)
      const isReply = (reply: Reply) => !(Array.isArray(reply) && reply[0] === "message")
      expect(yield* subscriber.request(["SUBSCRIBE", "news"], isReply)).toEqual(["subscribe", "news", 1])
      expect(yield* publisher.request(["PUBLISH", "news", "one"])).toBe(1)
      expect(yield* subscriber.request(["PING"], isReply)).toEqual(["pong", ""])
      expect(Option.getOrThrow(yield* Stream.runHead(subscriber.rest))).toEqual(["message", "news", "one"])
    }).pipe(Effect.provide(NodeTransport.layer)),
  )
})

import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Framing } from "../../src/domain/index.ts"
import { Handler } from "../../src/server/index.ts"
import { Testing } from "../../src/testing/index.ts"
import { NodeTransport, Tls } from "../../src/transport/index.ts"
import { overEachTransport } from "../support/eachTransport.ts"
import { hex } from "../support/framingSuite.ts"
import { servingTls } from "../support/tls.ts"

describe("Telnet", () => {
  overEachTransport("between server and client changes no byte, in raw and in framed connections", () =>
    Effect.gen(function* () {
      const every = Uint8Array.from({ length: 1024 }, (_, index) => (index * 7) & 0xff)
      const payload = Uint8Array.from([...every, 0x0d, 0, 0x0d, 0x0d, 0xff, 0xff, 0x0d])
      for (const frame of [Framing.raw, Framing.lengthPrefixed({ field: "u16be" })]) {
        const { connect } = yield* Testing.serve({ handler: Handler.echo(), settings: { telnet: true, frame } })
        const client = yield* connect({ telnet: true, frame })
        yield* client.send(payload)
        yield* client.halfClose
        expect([...(yield* Testing.receiveAll(client))]).toEqual([...payload])
      }
    }),
  )

  overEachTransport("is removed before the framing: lines, broadcasts and events have clean bytes", () =>
    Effect.gen(function* () {
      const { connect, events, server } = yield* Testing.serve({
        handler: Handler.broker(),
        settings: { telnet: true, frame: Framing.line },
      })
      const plain = yield* connect({ frame: Framing.raw })
      const other = yield* connect({ telnet: true })
      // The client does not speak Telnet, so its payload contains the commands unchanged.
      yield* plain.send(hex("fffd01 68 fffa18 0a fff0 69 fff6 ffff 0d 00 0a"))
      expect([...(yield* other.receive.pipe(Effect.flatten))]).toEqual([...hex("68 69 ff")])
      expect([...(yield* plain.receive.pipe(Effect.flatten))]).toEqual([...hex("fffc01")])
      yield* server.broadcast(Uint8Array.of(0xff))
      expect([...(yield* plain.receive.pipe(Effect.flatten))]).toEqual([...hex("ffff 0a")])
      expect(events.all("FrameReceived").map(({ bytes }) => [...bytes])).toEqual([[...hex("68 69 ff")]])
      // The counters count the bytes on the wire.
      const [first] = yield* server.connections
      expect(first?.bytesIn).toBe(18)
    }),
  )

  overEachTransport("is answered by a client too", () =>
    Effect.gen(function* () {
      const { connect, events } = yield* Testing.serve({
        handler: (connection) => Effect.zipRight(connection.send(hex("fffb01 fffd18 68 69")), connection.peerEnded),
        settings: { frame: Framing.raw },
      })
      const client = yield* connect({ telnet: true })
      expect(yield* Testing.receiveText(client)).toBe("hi")
      expect([...(yield* events.one("FrameReceived")).bytes]).toEqual([...hex("fffe01 fffc18")])
    }),
  )

  it.scopedLive("runs inside TLS", () =>
    Effect.gen(function* () {
      const { ca, connectTo, endpoint } = yield* servingTls(Handler.echo(), { telnet: true })
      const tls = yield* Tls.connector({ ca: ca.cert })
      const client = yield* connectTo(endpoint, { tls, telnet: true })
      yield* client.send(hex("ff 0d 61"))
      expect([...(yield* Testing.receiveBytes(client, 3))]).toEqual([...hex("ff 0d 61")])
    }).pipe(Effect.provide(NodeTransport.layer)),
  )
})

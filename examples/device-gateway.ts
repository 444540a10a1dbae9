import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import { Client } from "tcpfx/client"
import { Codec, type EndpointInput, Framing } from "tcpfx/domain"
import { Server, ServerConfig } from "tcpfx/server"

/** A reading of a device. */
const Reading = Schema.Struct({ device: Schema.Number, celsius: Schema.Number.pipe(Schema.between(-40, 125)) })
export type Reading = typeof Reading.Type

/** The codec of a reading: four bytes for the device, then two bytes for the temperature in hundredths of a degree. */
const readings = Codec.packed("reading", Reading, {
  pack: ({ celsius, device }) => {
    const payload = new DataView(new ArrayBuffer(6))
    payload.setUint32(0, device)
    payload.setInt16(4, Math.round(celsius * 100))
    return new Uint8Array(payload.buffer)
  },
  unpack: (payload) => {
    if (payload.length !== 6) throw new Error(`a reading has 6 bytes, and this one has ${payload.length}`)
    const view = new DataView(payload.buffer, payload.byteOffset, payload.length)
    return { device: view.getUint32(0), celsius: view.getInt16(4) / 100 }
  },
})

/** Each frame begins with the length of its payload in two bytes. */
const frame = Framing.lengthPrefixed({ field: "u16be" })
const accepted = Uint8Array.of(1)

/** The storage of the gateway. It is a service, so that the program chooses the implementation. */
export class Store extends Context.Tag("example/Store")<
  Store,
  { readonly save: (reading: Reading) => Effect.Effect<void> }
>() {}

/** A server that stores each reading, then acknowledges it with the byte 1. It requires a `Store` and a transport. */
export const Gateway = Server.layer({
  handler: (connection) =>
    connection.runForEach((payload) =>
      Effect.gen(function* () {
        const store = yield* Store
        yield* store.save(yield* readings.decode(payload))
        yield* connection.send(accepted)
      }),
    ),
}).pipe(
  Layer.provide(
    ServerConfig.layer({
      listen: "127.0.0.1:0",
      frame,
      maxFrame: 64,
      firstFrameTimeout: "30 seconds",
      idleTimeout: "5 minutes",
    }),
  ),
)

/** The client of a device. It sends one reading, and succeeds after the gateway has stored it. */
export const report = (gateway: EndpointInput, reading: Reading) =>
  Effect.gen(function* () {
    const client = yield* Client.make({ frame })
    const connection = yield* client.connect(gateway)
    yield* connection.send(yield* readings.encode(reading))
    yield* Effect.flatten(connection.receive).pipe(Effect.timeout("5 seconds"))
  }).pipe(Effect.scoped)

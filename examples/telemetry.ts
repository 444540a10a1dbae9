import * as Effect from "effect/Effect"
import type * as Redacted from "effect/Redacted"
import { Client } from "tcpfx/client"
import { type Endpoint, Framing } from "tcpfx/domain"
import { Handler, Server } from "tcpfx/server"
import { Tls } from "tcpfx/transport"

/** A certificate and its key, as PEM. */
export interface Certificate {
  readonly cert: string
  readonly key: Redacted.Redacted<string>
}

/** Collects lines over TLS from devices with a certificate of the given CA, and closes devices that stay silent. */
export const collector = (identity: Certificate, deviceCa: string) =>
  Effect.gen(function* () {
    const tls = yield* Tls.acceptor({ identities: [identity], clientCa: deviceCa })
    const server = yield* Server.make({
      handler: Handler.discard(),
      settings: {
        tls,
        frame: Framing.line,
        maxPerAddress: 100,
        firstFrameTimeout: "30 seconds",
        idleTimeout: "5 minutes",
      },
    })
    const { endpoint } = yield* server.listen("127.0.0.1:0")
    return { server, endpoint }
  })

/** A device that sends its measurements. While it is not connected, it keeps the newest 64 KiB of them. */
export const device = (endpoint: Endpoint, identity: Certificate, collectorCa: string) =>
  Effect.gen(function* () {
    const tls = yield* Tls.connector({ ca: collectorCa, identity })
    const client = yield* Client.make({ tls, frame: Framing.line })
    return yield* client.session(endpoint, { outboxBytes: 64 * 1024, whenFull: "drop-oldest" })
  })

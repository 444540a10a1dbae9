import * as Effect from "effect/Effect"
import type { Handler, ServerSettings } from "../../src/server/index.ts"
import { Testing } from "../../src/testing/index.ts"
import { Tls } from "../../src/transport/index.ts"
import { makeIdentity } from "./certificates.ts"

/** A CA, and a TLS server with a certificate of this CA for localhost and 127.0.0.1. */
export const servingTls = <E = never, R = never>(
  handler: Handler.Handler<E, R>,
  settings: Partial<ServerSettings> = {},
  options: Partial<Tls.AcceptorOptions> = {},
) =>
  Effect.gen(function* () {
    const ca = yield* Effect.promise(() => makeIdentity({ name: "test CA" }))
    const identity = yield* Effect.promise(() => makeIdentity({ name: "server", by: ca }))
    const acceptor = yield* Effect.orDie(Tls.acceptor({ identities: [identity], ...options }))
    const served = yield* Testing.serve<E, R>({ handler, settings: { tls: acceptor, ...settings } })
    const connectTls = (connecting: Tls.ConnectorOptions = {}) =>
      Effect.gen(function* () {
        const tls = yield* Effect.orDie(Tls.connector({ ca: ca.cert, ...connecting }))
        return yield* served.connectTo(served.endpoint, { tls })
      })
    return { ...served, ca, identity, connectTls }
  })

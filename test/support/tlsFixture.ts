import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { ConnectError, type Endpoint, tcpEndpoint } from "../../src/domain/index.ts"
import { NodeTransport, Tls, Transport, type Wire } from "../../src/transport/index.ts"
import { makeIdentity } from "./certificates.ts"
import { heldByTcp, type TransportFixture } from "./transportFixture.ts"

const secured = (endpoint: Endpoint, secure: (callbacks: Tls.HandshakeCallbacks) => () => void) =>
  Effect.async<Wire, ConnectError>((resume) => {
    const cancel = secure({
      onSecured: (wire) => resume(Effect.succeed(wire)),
      onFailed: (code) => resume(Effect.fail(new ConnectError({ endpoint, reason: "Failed", code }))),
    })
    return Effect.sync(cancel)
  })

/** Sockets whose wires get TLS before a test receives them. */
const layer = Layer.effect(
  Transport,
  Effect.gen(function* () {
    const transport = yield* Transport
    const identity = yield* Effect.promise(() => makeIdentity())
    const acceptor = yield* Tls.acceptor({ identities: [identity] })
    const connector = yield* Tls.connector({ ca: identity.cert })
    return Transport.of({
      ...transport,
      listen: (endpoint, options, handlers) =>
        transport.listen(endpoint, options, {
          ...handlers,
          onWire: (wire, bound) =>
            void acceptor.secure(wire, {
              onSecured: (secured) => handlers.onWire(secured, bound),
              onFailed: (code) => handlers.onFailure(code, bound),
            }),
        }),
      dial: (endpoint) =>
        Effect.acquireRelease(
          Effect.flatMap(transport.dial(endpoint), (wire) =>
            secured(endpoint, (callbacks) => connector.secure(wire, "localhost", callbacks)),
          ),
          (wire) => Effect.sync(() => wire.destroy()),
        ),
    })
  }),
).pipe(Layer.provide(NodeTransport.layer), Layer.orDie)

export const tlsFixture: TransportFixture = {
  name: "tls",
  heldAtMost: heldByTcp,
  layer,
  endpoint: Effect.succeed(tcpEndpoint("127.0.0.1", 0)),
  knowsReset: true,
  usesPaths: false,
  takesAtOnce: false,
}

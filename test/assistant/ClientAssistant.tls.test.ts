import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { NodeTransport, Tls } from "../../src/transport/index.ts"
import { clientWindow, serverWindow } from "../support/assistants.ts"
import { makeIdentity } from "../support/certificates.ts"

it.scopedLive("each command to connect says whether and how TLS is spoken", () =>
  Effect.gen(function* () {
    const identity = yield* Effect.promise(() => makeIdentity())
    const { endpoint } = yield* serverWindow({ settings: { tls: yield* Tls.acceptor({ identities: [identity] }) } })
    const plain = yield* serverWindow()
    const client = yield* clientWindow({ tlsOptions: { ca: identity.cert } })
    const attempt = (line: string) => Effect.either(client.executeLine(line))
    const connect = (line: string) =>
      Effect.gen(function* () {
        yield* client.executeLine(line)
        const { tls } = yield* client.state
        yield* client.executeLine("disconnect")
        return tls
      })
    expect(yield* connect(`connect ${endpoint} tls`)).toMatch(/^TLSv1\.3, .*tcpfx test/)
    // The options of one command do not apply to the next.
    expect(yield* connect(`connect ${plain.endpoint}`)).toBe("")
    expect(yield* attempt(`connect ${endpoint} tls name=elsewhere`)).toMatchObject({
      _tag: "Left",
      left: { reason: "connect", code: "ERR_TLS_CERT_ALTNAME_INVALID" },
    })
    expect(yield* connect(`connect ${endpoint} tls name=localhost`)).toMatch(/^TLSv1\.3, /)
    expect(yield* connect(`connect ${endpoint} tls name=elsewhere insecure`)).toMatch(/^TLSv1\.3, /)

    // A command can switch off TLS that the settings of the window switch on.
    const secured = yield* clientWindow({ settings: { tls: yield* Tls.connector({ ca: identity.cert }) } })
    yield* secured.executeLine(`connect ${endpoint}`)
    expect((yield* secured.state).tls).toMatch(/^TLSv1\.3, /)
    yield* secured.executeLine("disconnect")
    yield* secured.executeLine(`connect ${plain.endpoint} tls=no`)
    expect(yield* secured.state).toMatchObject({ phase: "connected", tls: "" })
  }).pipe(Effect.provide(NodeTransport.layer)),
)

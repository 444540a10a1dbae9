import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import {
  ClientAssistant,
  readClientSettings,
  readServerSettings,
  ServerAssistant,
  type ServerAssistantService,
} from "../../src/assistant/index.ts"
import { Framing } from "../../src/domain/index.ts"
import { NodeTransport } from "../../src/transport/index.ts"
import { makeIdentity } from "../support/certificates.ts"

/** Files of an identity, in a folder that goes with the scope. */
const identityFiles = Effect.gen(function* () {
  const folder = yield* Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "tcpfx-settings-"))),
    (path) => Effect.sync(() => rmSync(path, { recursive: true })),
  )
  const { cert, key } = yield* Effect.promise(() => makeIdentity())
  const file = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text)
    return join(folder, name)
  }
  return {
    cert: file("cert.pem", cert),
    key: file("key.pem", Redacted.value(key)),
    both: file("both.pem", `${cert}\n${Redacted.value(key)}`),
    other: file("other.pem", "no certificate\n"),
    folder,
  }
})

const endpointOf = (server: ServerAssistantService) =>
  Effect.flatMap(server.execute({ _tag: "Listen", endpoint: "127.0.0.1:0" }), (outcome) =>
    outcome._tag === "ListeningOn" ? Effect.succeed(outcome.endpoint) : Effect.dieMessage("it does not listen"),
  )

describe("the settings of a window", () => {
  it.effect("are read as their flags are, and what is empty is left to the program", () =>
    Effect.gen(function* () {
      expect(
        yield* readServerSettings({
          frame: "line",
          maxFrame: "64KiB",
          idleTimeout: " 30s ",
          maxConns: "5",
          tlsCert: "",
        }),
      ).toEqual({ frame: Framing.line, maxFrame: 65536, idleTimeout: Duration.seconds(30), maxConns: 5 })
      expect(yield* readClientSettings({ connectTimeout: "2s", idleTimeout: "" })).toEqual({
        settings: { connectTimeout: Duration.seconds(2) },
        tlsOptions: {},
      })
      expect(yield* readServerSettings({})).toEqual({})
    }),
  )

  it.scopedLive("are refused at their field", () =>
    Effect.gen(function* () {
      const { cert, folder, key, other } = yield* identityFiles
      const wrong = [
        [readServerSettings, { frame: "lines" }, "frame"],
        [readServerSettings, { maxFrame: "0" }, "maxFrame"],
        [readServerSettings, { maxConns: "-1" }, "maxConns"],
        [readServerSettings, { idleTimeout: "soon" }, "idleTimeout"],
        [readServerSettings, { connectTimeout: "2s" }, "connectTimeout"],
        [readServerSettings, { tlsCert: join(folder, "none.pem") }, "tlsCert"],
        [readServerSettings, { tlsCert: folder }, "tlsCert"],
        [readServerSettings, { tlsCert: other }, "tlsCert"],
        [readServerSettings, { tlsCert: cert }, "tlsCert"],
        [readServerSettings, { tlsKey: key }, "tlsCert"],
        [readServerSettings, { tlsCert: cert, tlsKey: other }, "tlsKey"],
        [readClientSettings, { maxConns: "5" }, "maxConns"],
        [readClientSettings, { tlsCa: other }, "tlsCa"],
      ] as const
      for (const [read, settings, field] of wrong) {
        expect([
          settings,
          yield* Effect.flip<unknown, { readonly field?: string | undefined }, never>(read(settings)),
        ]).toEqual([settings, expect.objectContaining({ field })])
      }
    }),
  )

  it.scopedLive("secure a server, and a client trusts the CA that it is given when a command asks for TLS", () =>
    Effect.gen(function* () {
      const { both, cert } = yield* identityFiles
      const server = yield* ServerAssistant.make({ settings: yield* readServerSettings({ tlsCert: both }) })
      const endpoint = yield* endpointOf(server)
      expect((yield* server.state).tls).toBe(true)
      const connect = (options: { readonly tls: boolean; readonly insecure?: boolean }) => ({
        _tag: "Connect" as const,
        endpoint,
        options,
      })
      const trusting = yield* ClientAssistant.make(yield* readClientSettings({ tlsCa: cert }))
      yield* trusting.execute(connect({ tls: true }))
      expect((yield* trusting.state).tls).toMatch(/^TLSv1\.3, /)

      // Another client does not know the CA, unless it accepts any certificate.
      const other = yield* ClientAssistant.make()
      const refused = yield* Effect.flip(other.execute(connect({ tls: true })))
      expect(refused).toMatchObject({ reason: "connect", code: "DEPTH_ZERO_SELF_SIGNED_CERT" })
      yield* other.execute(connect({ tls: true, insecure: true }))
      expect((yield* other.state).phase).toBe("connected")
    }).pipe(Effect.provide(NodeTransport.layer)),
  )
})

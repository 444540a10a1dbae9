import { describe, expect, it } from "@effect/vitest"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { ClientConfig, type ClientSettings } from "../../src/client/index.ts"
import { Framing, parseProxyServer } from "../../src/domain/index.ts"
import { ServerConfig } from "../../src/server/index.ts"
import { utf8 } from "../support/texts.ts"

const environment = (variables: Record<string, string>) =>
  ConfigProvider.fromMap(new Map(Object.entries(variables)), { pathDelim: "_" })

const clientFrom = (
  variables: Record<string, string>,
  options?: { readonly prefix?: string; readonly defaults?: Partial<ClientSettings> },
) =>
  Effect.provide(ClientConfig, ClientConfig.layerFromEnv(options)).pipe(
    Effect.withConfigProvider(environment(variables)),
  )

describe("the settings of a client from the environment", () => {
  it.effect("are the defaults where the environment says nothing, and ignore unknown variables", () =>
    Effect.gen(function* () {
      expect(yield* clientFrom({})).toEqual(ClientConfig.defaults)
      expect(yield* clientFrom({ TCPFX_SERVE_OUTPUT: "raw" })).toEqual(ClientConfig.defaults)
    }),
  )

  it.effect("are read with their units", () =>
    Effect.gen(function* () {
      const settings = yield* clientFrom({
        TCPFX_FRAME: "line",
        TCPFX_MAX_FRAME: "2KiB",
        TCPFX_FAMILY: "ipv6",
        TCPFX_SOURCE: "::1",
        TCPFX_SOURCE_PORT: "4000",
        TCPFX_PROXY: "socks5://proxy:1080",
        TCPFX_SEND_PROXY: "v2",
        TCPFX_TELNET: "yes",
        TCPFX_CONNECT_TIMEOUT: "3s",
        TCPFX_ATTEMPT_DELAY: "0",
        TCPFX_HEARTBEAT: "ping",
        TCPFX_HEARTBEAT_TIMEOUT: "1s",
      })
      expect(settings).toEqual({
        ...ClientConfig.defaults,
        frame: Framing.line,
        maxFrame: 2048,
        family: "ipv6",
        source: "::1",
        sourcePort: 4000,
        proxy: Either.getOrThrow(parseProxyServer("socks5://proxy:1080")),
        sendProxy: 2,
        telnet: true,
        connectTimeout: Duration.seconds(3),
        attemptDelay: Duration.zero,
        heartbeat: { payload: utf8("ping"), interval: Duration.seconds(15), timeout: Duration.seconds(1) },
      })
    }),
  )

  for (const [name, value] of [
    ["SOURCE", "a.name"],
    ["SOURCE_PORT", "0"],
    ["PROXY", "ftp://proxy"],
    ["SEND_PROXY", "3"],
    ["CONNECT_TIMEOUT", "0"],
    ["MAX_FRAME", ""],
  ] as const) {
    it.effect(`are refused with the name of the variable when PLC_${name} is ${JSON.stringify(value)}`, () =>
      Effect.gen(function* () {
        const error = yield* Effect.flip(clientFrom({ [`PLC_${name}`]: value }, { prefix: "PLC" }))
        expect(String(error)).toContain(`PLC_${name}: `)
      }),
    )
  }
})

describe("the options of layerFromEnv", () => {
  it.effect(
    "are read with the same names if the prefix ends with an underscore, and without a prefix if it is empty",
    () =>
      Effect.gen(function* () {
        for (const prefix of ["CHAT", "CHAT_"]) {
          expect(yield* clientFrom({ CHAT_INBOX: "7" }, { prefix })).toMatchObject({ inbox: 7 })
          const error = yield* Effect.flip(clientFrom({ CHAT_INBOX: "x" }, { prefix }))
          expect(String(error)).toContain("CHAT_INBOX: ")
        }
        const bare = { INBOX: "7", HEARTBEAT: "ping" }
        const heartbeat = { payload: utf8("ping") }
        expect(yield* clientFrom(bare, { prefix: "" })).toMatchObject({ inbox: 7, heartbeat })
        expect(String(yield* Effect.flip(clientFrom({ INBOX: "x" }, { prefix: "" })))).toContain('"INBOX: ')
      }),
  )

  it.effect("give code some settings, and the environment the others", () =>
    Effect.gen(function* () {
      const defaults = { frame: Framing.line, maxFrame: 10, idleTimeout: "1 minute" } as const
      const variables = { CHAT_MAX_FRAME: "20", TCPFX_FRAME: "slip", CHAT_HEARTBEAT_INTERVAL: "2s" }
      const client = yield* clientFrom(variables, { prefix: "CHAT", defaults })
      expect([client.frame, client.maxFrame, client.idleTimeout]).toEqual([Framing.line, 20, "1 minute"])
      const heartbeat = { payload: utf8("ping"), interval: "9 seconds", timeout: 100 } as const
      const server = yield* Effect.provide(
        ServerConfig,
        ServerConfig.layerFromEnv({ prefix: "CHAT", defaults: { ...defaults, heartbeat } }),
      ).pipe(Effect.withConfigProvider(environment(variables)))
      expect([server.frame, server.maxFrame]).toEqual([Framing.line, 20])
      expect(server.heartbeat).toEqual({ payload: utf8("ping"), interval: Duration.seconds(2), timeout: 100 })
    }),
  )
})

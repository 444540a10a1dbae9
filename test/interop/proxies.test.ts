import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type { Endpoint } from "../../src/domain/index.ts"
import { haveAll, type Peer, tcpFree } from "../support/peers.ts"
import { start, tcpfxRun, tcpfxServe } from "../support/tcpfxProcess.ts"
import { temporaryFolder } from "../support/transportFixture.ts"

const microsocks: Peer = { program: "microsocks", known: /SOCKS5 Server/i, dial: () => [] }
const tinyproxy: Peer = { program: "tinyproxy", known: /tinyproxy/i, dial: () => [] }

const portOf = (endpoint: Endpoint) => (endpoint._tag === "Tcp" ? endpoint.port : 0)

// Neither proxy prints when it listens, so the client reconnects until it does.
const patiently = ["--reconnect", "--reconnect-delay", "50ms", "--reconnect-max", "50ms", "--max-attempts", "100"]

// Both proxies close a connection in both directions when one end has sent FIN.
const withoutFin = "--no-shutdown"

const through = (proxy: string, port: number, text: string) =>
  tcpfxRun(["connect", `localhost:${port}`, "--proxy", proxy, "--send", text, "--once", withoutFin, ...patiently])

describe("a client by way of a proxy that we did not write", () => {
  it.scopedLive.skipIf(!haveAll(microsocks))("talks through microsocks, which asks for user and password", () =>
    Effect.gen(function* () {
      const { port } = yield* tcpfxServe(["--mode", "echo"])
      const at = portOf(yield* tcpFree)
      yield* start("microsocks", ["-i", "127.0.0.1", "-p", `${at}`, "-u", "me", "-P", "s3cret"])
      const known = yield* through(`socks5://me:s3cret@127.0.0.1:${at}`, port, "hello")
      expect([known.code, known.stdout]).toEqual([0, "hello"])
      const unknown = yield* tcpfxRun(["connect", `localhost:${port}`, "--proxy", `socks5://127.0.0.1:${at}`])
      expect([unknown.code, unknown.stderr]).toEqual([
        1,
        expect.stringMatching(/the proxy refused: it asks for a user/),
      ])
      const refused = yield* tcpfxRun(["connect", "localhost:1", "--proxy", `socks5://me:s3cret@127.0.0.1:${at}`])
      expect([refused.code, refused.stderr]).toEqual([1, expect.stringMatching(/the target refused the connection/)])
    }),
  )

  it.scopedLive.skipIf(!haveAll(tinyproxy))("talks through tinyproxy by CONNECT", () =>
    Effect.gen(function* () {
      const { port } = yield* tcpfxServe(["--mode", "echo"])
      const at = portOf(yield* tcpFree)
      const config = join(yield* temporaryFolder, "tinyproxy.conf")
      writeFileSync(config, `Port ${at}\nListen 127.0.0.1\nTimeout 60\nMaxClients 10\nAllow 127.0.0.1\n`)
      yield* start("tinyproxy", ["-d", "-c", config])
      const echoed = yield* through(`http://127.0.0.1:${at}`, port, "hello")
      expect([echoed.code, echoed.stdout]).toEqual([0, "hello"])
      const away = yield* tcpfxRun(["connect", "localhost:1", "--proxy", `http://127.0.0.1:${at}`])
      expect([away.code, away.stderr]).toEqual([1, expect.stringMatching(/by way of http:.*the proxy refused: 500/)])
    }),
  )
})

import * as net from "node:net"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { tcpFree } from "../../support/peers.ts"
import { tcpfx, tcpfxRun, tcpfxServe } from "../../support/tcpfxProcess.ts"

/** A plain server in this process. `serve` gets the number of each connection. */
const listening = (serve: (socket: net.Socket, number: number) => void) =>
  Effect.map(
    Effect.acquireRelease(
      Effect.async<net.Server>((resume) => {
        let number = 0
        const server = net.createServer({ allowHalfOpen: true }, (socket) => {
          socket.on("error", () => {})
          serve(socket, ++number)
        })
        server.listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
      }),
      (server) => Effect.async<void>((resume) => void server.close(() => resume(Effect.void))),
    ),
    (server) => {
      const address = server.address()
      return typeof address === "object" && address !== null ? `${address.port}` : ""
    },
  )

const free = Effect.map(tcpFree, (endpoint) => (endpoint._tag === "Tcp" ? `${endpoint.port}` : ""))

describe("tcpfx connect --reconnect", () => {
  it.scopedLive("keeps its input until there is a server, and sends it in order, to the next server too", () =>
    Effect.gen(function* () {
      const port = yield* free
      const delays = ["--reconnect-delay", "20ms", "--reconnect-max", "20ms"]
      const client = yield* tcpfx(["connect", port, "--reconnect", ...delays, "--frame", "line", "--output", "text"])
      yield* client.write("one\ntwo\n")
      yield* client.waitFor("stderr", /attempt 2 follows in/)
      yield* client.write("three\n")
      const first = yield* Effect.scoped(
        Effect.gen(function* () {
          const server = yield* tcpfx(["serve", port, "--frame", "line"])
          yield* server.waitFor("stdout", /< one[\s\S]*< two[\s\S]*< three/)
          return server
        }),
      )
      expect(first.text("stdout").match(/< /g)?.length).toBe(3)
      yield* client.waitFor("stderr", /disconnected: [\s\S]*attempt \d+ follows/)
      yield* client.write("four\n")
      const next = yield* tcpfx(["serve", port, "--frame", "line"])
      yield* next.waitFor("stdout", /< four/)
      expect(next.text("stdout")).not.toMatch(/< (one|two|three)/)
      yield* client.endInput
      expect((yield* client.ended).code).toBe(0)
    }),
  )

  it.scopedLive(
    "sends nothing twice when a connection is lost, reports how many bytes it had read, and exits with 1",
    () =>
      Effect.gen(function* () {
        const lines = Array.from({ length: 20_000 }, (_, number) => `line ${number} of all of them`)
        const received: Array<Buffer> = []
        const port = yield* listening((socket, number) => {
          let bytes = 0
          socket.on("data", (data) => {
            received.push(data)
            bytes += data.length
            if (number === 1 && bytes > 20_000) socket.resetAndDestroy()
          })
          socket.on("end", () => socket.end())
        })
        const args = ["connect", port, "--frame", "line", "--reconnect", "--reconnect-delay", "10ms", "--output", "raw"]
        const { code, stderr } = yield* tcpfxRun(args, lines.join("\n"))
        const given = Number(/^tcpfx: the lost connection had sent (\d+) lines of the input[,;] /m.exec(stderr)?.[1])
        expect([code, stderr]).toEqual([
          1,
          expect.stringContaining(
            `tcpfx: up to ${given} lines of the input may be lost, with 1 connection (--reconnect)\n`,
          ),
        ])
        const whole = Buffer.concat(received).toString().split("\n")
        // The first connection ended between two reads, so its last line may be incomplete.
        const known = whole.filter((line) => /^line \d+ of all of them$/.test(line))
        expect(new Set(known).size).toBe(known.length)
        const second = lines.slice(given)
        expect(known.slice(known.length - second.length)).toEqual(second)
      }),
  )

  it.scopedLive("gives up after --max-attempts failures in a row, with the last one as the reason", () =>
    Effect.gen(function* () {
      const port = yield* free
      const args = ["connect", port, "--reconnect", "--reconnect-delay", "10ms", "--max-attempts", "2", "--send", "x"]
      const { code, stderr, stdout } = yield* tcpfxRun([...args, "--output", "json"])
      expect([code, stderr]).toEqual([
        1,
        expect.stringMatching(/^tcpfx: cannot connect to .*: connection refused.*\n$/),
      ])
      const tags = stdout
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line)._tag)
      expect(tags.filter((tag) => tag === "Connecting").length).toBe(2)
      expect(tags.at(-1)).toBe("GaveUp")
      for (const output of ["raw", "text"]) {
        const said = (yield* tcpfxRun([...args, "--output", output])).stderr.trimEnd().split("\n")
        expect(said.filter((line) => line.includes("connection refused")).length).toBe(2)
        expect(said.slice(-2)).toEqual([
          expect.stringMatching(/gave up after 2 attempts$/),
          expect.stringMatching(/^tcpfx: cannot connect to .*: connection refused/),
        ])
      }
      const byVariable = yield* tcpfxRun(args.slice(0, 3), "", {
        env: { TCPFX_MAX_ATTEMPTS: "1", TCPFX_RECONNECT_DELAY: "5ms", TCPFX_RECONNECT_MAX: "5ms" },
      })
      expect(byVariable.code).toBe(1)
    }),
  )

  it.scopedLive("says what is wrong with its limits, and exits with 2", () =>
    Effect.gen(function* () {
      const cases: ReadonlyArray<readonly [ReadonlyArray<string>, RegExp]> = [
        [["--max-attempts", "2"], /--max-attempts needs --reconnect/],
        [["--reconnect-delay", "1s"], /--reconnect-delay needs --reconnect/],
        [["--reconnect", "--reconnect-delay", "0"], /--reconnect-delay: "0" is not a deadline/],
        [["--reconnect", "--reconnect-max", "soon"], /--reconnect-max: "soon" is not a duration/],
        [["--reconnect", "--max-attempts", "-1"], /--max-attempts: "-1" is not a count/],
      ]
      for (const [args, problem] of cases) {
        const { code, stderr } = yield* tcpfxRun(["connect", "127.0.0.1:1", ...args])
        expect([args, code, stderr]).toEqual([args, 2, expect.stringMatching(problem)])
      }
    }),
  )
})

describe("tcpfx connect --idle-timeout and --heartbeat", () => {
  it.scopedLive("disconnect from a silent server, with 1 and the reason", () =>
    Effect.gen(function* () {
      const { port } = yield* tcpfxServe(["--mode", "discard", "--frame", "line"])
      const idle = yield* tcpfx(["connect", `127.0.0.1:${port}`, "-i", "200ms"])
      expect((yield* idle.ended).code).toBe(1)
      expect(idle.text("stderr")).toMatch(/^tcpfx: the connection ended: it sent nothing for 200 ms\n$/)
      const beating = yield* tcpfx([
        ...["connect", `127.0.0.1:${port}`, "--frame", "line"],
        ...["--heartbeat", "ping", "--heartbeat-interval", "100ms"],
      ])
      expect((yield* beating.ended).code).toBe(1)
      expect(beating.text("stderr")).toMatch(/^tcpfx: the connection ended: .*heartbeat.*\n$/)
    }),
  )
})

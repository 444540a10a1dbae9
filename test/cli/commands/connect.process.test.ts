import { createHash, randomBytes } from "node:crypto"
import { readFileSync } from "node:fs"
import { describe, expect, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import { decodeClientEventLine, type SendError, tcpEndpoint } from "../../../src/domain/index.ts"
import { type Handler, Server } from "../../../src/server/index.ts"
import { NodeTransport } from "../../../src/transport/index.ts"
import { tcpfx, tcpfxRun, tcpfxServe } from "../../support/tcpfxProcess.ts"

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex")
const utf8 = (text: string) => new TextEncoder().encode(text)

/** A server in this process that runs a function of the test for each connection. */
const listening = (handler: Handler.FiberHandler<SendError, never>) =>
  Effect.gen(function* () {
    const server = yield* Server.make({ handler })
    const { endpoint } = yield* server.listen(tcpEndpoint("127.0.0.1", 0))
    return endpoint._tag === "Tcp" ? `${endpoint.port}` : ""
  }).pipe(Effect.provide(NodeTransport.layer))

/** The peak memory of a process, in MiB (proc(5)). */
const peakMemory = (pid: number | undefined): number =>
  Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1024

describe("tcpfx connect, as a process", () => {
  it.scopedLive("sends every byte of a text, with the blanks and line ends around it", () =>
    Effect.gen(function* () {
      const { port } = yield* tcpfxServe(["--mode", "echo"])
      const { bytes, code } = yield* tcpfxRun(["connect", `${port}`, "--send", " \t hello \n", "--once"])
      expect([code, bytes.toString()]).toEqual([0, " \t hello \n"])
    }),
  )

  it.scopedLive("is the console example: sends Hello, server!, prints Hello, client! and exits with 0", () =>
    Effect.gen(function* () {
      const { server, port } = yield* tcpfxServe(["--reply", "Hello, client!"])
      const result = yield* tcpfxRun(["connect", "127.0.0.1", `${port}`, "--send", "Hello, server!", "--once"])
      expect(result).toMatchObject({ code: 0, stdout: "Hello, client!", stderr: "" })
      yield* server.waitFor("stdout", /#1 < Hello, server!$/m)
    }),
  )

  it.scopedLive("takes every written form of an endpoint", () =>
    Effect.gen(function* () {
      const { port } = yield* tcpfxServe(["--mode", "echo"])
      const forms = [
        ["127.0.0.1", `${port}`],
        [`127.0.0.1:${port}`],
        [`localhost:${port}`],
        [`:${port}`],
        [`${port}`],
        ["-p", `${port}`],
        ["127.0.0.1", `-p${port}`],
        ["-p", "1", "-p", `${port}`],
        [`-p${port}`, "--no-shutdown", "-q", "1h", "--send", "x", "--once"],
      ]
      for (const form of forms)
        expect(yield* tcpfxRun(["connect", ...form], "x")).toMatchObject({ code: 0, stdout: "x" })
    }),
  )

  it.scopedLive("sends FIN at the end of its input and receives a reply that follows the FIN", () =>
    Effect.gen(function* () {
      const port = yield* listening((connection) =>
        Effect.gen(function* () {
          let received = 0
          for (let next = yield* connection.receive; Option.isSome(next); next = yield* connection.receive) {
            received += next.value.length
          }
          yield* connection.send(utf8(`got ${received}`))
        }),
      )
      expect(yield* tcpfxRun(["connect", port], "some input")).toMatchObject({ code: 0, stdout: "got 10" })
    }),
  )

  it.scopedLive("does not half-close with --no-shutdown until the server closes", () =>
    Effect.gen(function* () {
      const answering = (patience: Duration.DurationInput) =>
        listening((connection) =>
          Effect.gen(function* () {
            yield* connection.receive
            const second = yield* Effect.timeoutOption(connection.receive, patience)
            yield* connection.send(utf8(Option.isNone(second) ? "still open" : "closed"))
          }),
        )
      // The absence of a FIN has no event. A FIN would arrive at once, and only a busy machine could hide it.
      const open = ["connect", yield* answering("200 millis"), "--no-shutdown"]
      expect(yield* tcpfxRun(open, "hi")).toMatchObject({ code: 0, stdout: "still open" })
      const closed = ["connect", yield* answering(Duration.infinity)]
      expect(yield* tcpfxRun(closed, "hi")).toMatchObject({ code: 0, stdout: "closed" })
    }),
  )

  it.scopedLive("exits with 1 and says so when -q cuts the reply off", () =>
    Effect.gen(function* () {
      const port = yield* listening(() => Effect.never)
      const result = yield* tcpfxRun(["connect", port, "-q", "200ms"], "hi")
      expect(result).toMatchObject({ code: 1, stdout: "" })
      expect(result.stderr).toMatch(/^tcpfx: the server did not close within 200 ms .*\(-q\)[^\n]*\n$/)
    }),
  )

  it.scopedLive("sends each --send with its escapes, in order, without reading its input", () =>
    Effect.gen(function* () {
      const { port } = yield* tcpfxServe(["--mode", "echo"])
      const result = yield* tcpfxRun(["connect", `${port}`, "--send", "a\\x00", "--send=\\u{20ac}\\n"], "not this")
      expect(result).toMatchObject({ code: 0, stdout: "a\0€\n" })
    }),
  )

  it.scopedLive("skips and reports the lines above --max-frame, sends the others, and exits with 2", () =>
    Effect.gen(function* () {
      const { port } = yield* tcpfxServe(["--mode", "echo", "--frame", "line"])
      const args = ["connect", `${port}`, "--frame", "line", "--max-frame", "4"]
      expect(yield* tcpfxRun(args, "one\nlonger\ntwo\n")).toMatchObject({
        code: 2,
        stdout: "one\ntwo\n",
        stderr: "tcpfx: line 2 of standard input was not sent: its 6 bytes are above 4 (--max-frame)\n",
      })
      expect(yield* tcpfxRun([...args, "--send", "long text"])).toMatchObject({
        code: 2,
        stdout: "",
        stderr: "tcpfx: --send: a text of 9 bytes is above --max-frame (4 bytes)\n",
      })
    }),
  )

  it.scopedLive("exits with 1 when the server closes without the reply that --once waits for", () =>
    Effect.gen(function* () {
      const port = yield* listening((connection) => Effect.asVoid(connection.receive))
      const result = yield* tcpfxRun(["connect", port, "--send", "x", "--once"])
      expect(result.code).toBe(1)
      expect(result.stderr).toMatch(
        /^tcpfx: the server closed the connection without a reply; [^\n]*--no-shutdown[^\n]*\n$/,
      )
    }),
  )

  it.scopedLive("exits with 0 when the server closes first while the input is open and idle", () =>
    Effect.gen(function* () {
      const port = yield* listening((connection) => connection.send(utf8("bye")))
      const client = yield* tcpfx(["connect", port])
      expect((yield* client.ended).code).toBe(0)
      expect(client.text("stdout")).toBe("bye")
    }),
  )

  it.scopedLive("sends a pipe to its end even if the server half-closes first", () =>
    Effect.gen(function* () {
      const received = yield* Deferred.make<number>()
      const port = yield* listening((connection) =>
        Effect.gen(function* () {
          yield* connection.halfClose
          let bytes = 0
          for (let next = yield* connection.receive; Option.isSome(next); next = yield* connection.receive) {
            bytes += next.value.length
          }
          yield* Deferred.succeed(received, bytes)
        }),
      )
      expect(yield* tcpfxRun(["connect", port], new Uint8Array(5_000_000))).toMatchObject({ code: 0 })
      expect(yield* Deferred.await(received)).toBe(5_000_000)
    }),
  )

  it.scopedLive("exits with 1 and the reason when the connection is reset", () =>
    Effect.gen(function* () {
      const port = yield* listening((connection) => Effect.zipRight(connection.receive, connection.reset))
      const result = yield* tcpfxRun(["connect", port, "--no-shutdown"], "x")
      expect(result).toMatchObject({ code: 1, stderr: "tcpfx: the connection ended: reset by the peer\n" })
    }),
  )

  it.scopedLive("carries megabytes both ways unchanged while its memory stays flat", () =>
    Effect.gen(function* () {
      const { port } = yield* tcpfxServe(["--mode", "echo", "--no-traffic"])
      const client = yield* tcpfx(["connect", `${port}`])
      const data = randomBytes(64 * 1024 * 1024)
      const writing = yield* Effect.fork(client.write(data))
      const received = yield* client.waitForBytes("stdout", data.length)
      const peak = peakMemory(client.child.pid)
      yield* Effect.zipRight(Fiber.join(writing), client.endInput)
      expect((yield* client.ended).code).toBe(0)
      expect(sha256(received)).toBe(sha256(data))
      expect(peak).toBeLessThan(200)
    }),
  )

  it.scopedLive("writes its states as JSON lines that the schema of the library reads", () =>
    Effect.gen(function* () {
      const { port } = yield* tcpfxServe(["--mode", "echo"])
      const { code, stdout } = yield* tcpfxRun(["connect", `localhost:${port}`, "--output", "json"], "ping")
      expect(code).toBe(0)
      const events = stdout
        .trimEnd()
        .split("\n")
        .map((line) => Either.getOrThrow(decodeClientEventLine(line)))
      const tags = events.map((event) => event._tag).filter((tag) => tag !== "Connecting")
      expect(tags.slice(0, 2)).toEqual(["LookingUp", "Connected"])
      expect([...tags].sort()).toEqual(
        ["LookingUp", "Connected", "FrameSent", "HalfClosed", "FrameReceived", "HalfClosed", "Disconnected"].sort(),
      )
      expect(events.at(-1)).toMatchObject({ _tag: "Disconnected", bytesIn: 4, bytesOut: 4 })
    }),
  )

  it.scopedLive("has one clear line and exit code 1 for each way in which connecting fails", () =>
    Effect.gen(function* () {
      const cases: ReadonlyArray<readonly [ReadonlyArray<string>, RegExp]> = [
        [["127.0.0.1", "1"], /cannot connect to 127\.0\.0\.1:1: connection refused/],
        [["nothing.invalid", "80"], /the name "nothing\.invalid" was not found/],
        [["unix:/nowhere/at/all.sock"], /there is no socket at that path/],
      ]
      for (const [args, message] of cases) {
        const { code, stdout, stderr } = yield* tcpfxRun(["connect", ...args])
        expect({ code, stdout }, stderr).toEqual({ code: 1, stdout: "" })
        expect(stderr).toMatch(message)
        expect(stderr).toMatch(/^tcpfx: [^\n]+\n$/)
      }
      expect(yield* tcpfxRun(["connect", "host:port"])).toMatchObject({ code: 2 })
      expect(yield* tcpfxRun(["connect", "a", "1", "b"])).toMatchObject({ code: 2 })
    }),
  )

  it.scopedLive("connects again with --reconnect when the server is back, and shows attempt and delay", () =>
    Effect.gen(function* () {
      const first = yield* tcpfxServe()
      const client = yield* tcpfx(["connect", `${first.port}`, "--reconnect"])
      yield* client.write("one\n")
      yield* first.server.waitFor("stdout", /#1 < one/)
      yield* first.server.kill("SIGKILL")
      yield* first.server.ended
      yield* client.waitFor("stderr", /attempt 1 follows in \d+ m?s/)
      const second = yield* tcpfx(["serve", `${first.port}`])
      yield* second.waitFor("stderr", /#1 connected/)
      yield* client.write("two\n")
      yield* second.waitFor("stdout", /#1 < two/)
      yield* client.kill("SIGINT")
      expect((yield* client.ended).code).toBe(130)
    }),
  )

  it.scopedLive("ends cleanly with 0 when the reader of its output closes", () =>
    Effect.gen(function* () {
      const port = yield* listening((connection) =>
        Effect.forever(connection.send(new Uint8Array(65_536))).pipe(Effect.ignore),
      )
      const client = yield* tcpfx(["connect", port])
      yield* client.waitForBytes("stdout", 1)
      yield* Effect.sync(() => client.child.stdout.destroy())
      expect(yield* client.ended).toEqual({ code: 0, signal: null })
      expect(client.text("stderr")).toBe("")
    }),
  )
})

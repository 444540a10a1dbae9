import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import { NodeTransport } from "../../src/transport/index.ts"
import type { Process, ProcessEnded } from "../support/tcpfxProcess.ts"
import { haveCables, serverMachine } from "../support/veth.ts"

const sourcePort = "7777"

// The times of docs/field.md in seconds, from the last byte of the device. A keepalive of 5s,2s,3 ends a connection after
// 5 + 3 × 2 s, and after 5 + 10 × 1 s in a Node that cannot set the interval and the count.
const keepaliveTime = NodeTransport.canSetKeepaliveProbes ? 11 : 15
const heartbeatTime = 5 + 3
const writeTime = 4
// The FIN after the idle timeout gets no answer, so the connection closes after closeDeadline.
const idleTime = 20 + 5

const megabyte = `${"x".repeat(999_999)}\n`

describe.skipIf(!haveCables())("a gateway that loses power", () => {
  it.scopedLive("is detected by keepalive and by each deadline after its time, and by nothing without them", () =>
    Effect.gen(function* () {
      const { startGateway, tcpfx } = yield* serverMachine
      const gateway = yield* startGateway
      const serve = (...args: ReadonlyArray<string>) =>
        Effect.gen(function* () {
          const server = yield* tcpfx(["serve", "10.9.0.1:0", "--frame", "line", ...args])
          const [, port = ""] = yield* server.waitFor("stderr", /listening on 10\.9\.0\.1:(\d+)/)
          const device = yield* gateway.tcpfx(["connect", `10.9.0.1:${port}`, "--output", "text"])
          yield* device.write("hello\n")
          yield* server.waitFor("stdout", /#1 < hello/)
          return { server, from: performance.now() }
        })
      const heartbeat = ["--heartbeat", "alive?", "--heartbeat-interval", "5s", "--heartbeat-timeout", "3s"]
      // The last one to start is the one with keepalive: an answered probe would begin its time again.
      const [idle, writing, beating, silent, keepalive] = yield* Effect.all([
        serve("-i", "20s"),
        serve("--write-timeout", `${writeTime}s`),
        serve(...heartbeat),
        serve(),
        serve("--keepalive", "5s,2s,3"),
      ])
      expect(keepalive.server.text("stderr").includes("cannot set the interval and the count")).toBe(
        !NodeTransport.canSetKeepaliveProbes,
      )
      yield* gateway.losePower
      const written = performance.now()
      // The queue of the kernel holds less, so the server stops reading its input.
      yield* Effect.forkScoped(writing.server.write(megabyte.repeat(4)))
      const timeOf = ({ server, from }: typeof idle, line: RegExp) =>
        Effect.map(server.waitFor("stderr", line), () => (performance.now() - from) / 1000)
      const times = yield* Effect.all(
        [
          timeOf(keepalive, /#1 closed: the peer vanished \(ETIMEDOUT\)/),
          timeOf(idle, /#1 closed: it sent nothing for 20 s/),
          timeOf(beating, /#1 closed: it sent nothing for 3 s after a heartbeat/),
          timeOf({ ...writing, from: written }, /#1 closed: it accepted none of its \d+ queued bytes for 4 s/),
        ],
        { concurrency: "unbounded" },
      )
      const expected = [keepaliveTime, idleTime, heartbeatTime, writeTime]
      for (const [index, time] of times.entries()) {
        // A busy machine may show the rows late, but a connection never ends early.
        expect(time).toBeGreaterThan((expected[index] ?? 0) - 0.5)
        expect(time).toBeLessThan(1.1 * (expected[index] ?? 0) + 4)
      }
      expect(silent.server.text("stderr")).not.toMatch(/closed/)
    }),
  )

  /**
   * A server, and a device that has lost power and dials again with these flags, after `waits`. The result is the server.
   */
  const dialsAgain = (
    serveFlags: ReadonlyArray<string>,
    connectFlags: ReadonlyArray<string>,
    waits: (server: Process) => Effect.Effect<unknown, ProcessEnded> = () => Effect.void,
  ) =>
    Effect.gen(function* () {
      const { run, startGateway, tcpfx } = yield* serverMachine
      const power = yield* Scope.make()
      const gateway = yield* Scope.extend(startGateway, power)
      const flags = ["--frame", "line", "--max-per-address", "1", ...serveFlags]
      const server = yield* tcpfx(["serve", "10.9.0.1:0", ...flags])
      const [, port = ""] = yield* server.waitFor("stderr", /listening on 10\.9\.0\.1:(\d+)/)
      const target = ["connect", `10.9.0.1:${port}`, "--send", "hello\\n", "--no-shutdown", "--output", "text"]
      yield* Scope.extend(gateway.tcpfx([...target, "--source-port", sourcePort]), power)
      yield* server.waitFor("stdout", /#1 < hello/)
      yield* gateway.losePower
      yield* Scope.close(power, Exit.void)
      // The cable ends with the last process of the gateway, which may take a moment.
      yield* run("while ip link show near1 >/dev/null 2>&1; do ip link delete near1 2>/dev/null; done")
      const again = yield* startGateway
      yield* waits(server)
      yield* again.tcpfx([...target, ...connectFlags])
      return server
    })

  it.scopedLive(
    "is accepted at once from its old port, above --max-per-address 1, because its kernel resets the old connection",
    () =>
      Effect.gen(function* () {
        const server = yield* dialsAgain([], ["--source-port", sourcePort])
        yield* server.waitFor("stdout", /#2 < hello/)
        yield* server.waitFor("stderr", /#1 closed: reset by the peer/)
        expect(server.text("stderr")).not.toMatch(/refused/)
      }),
  )

  it.scopedLive("is refused from another port above --max-per-address 1", () =>
    Effect.gen(function* () {
      const server = yield* dialsAgain([], [])
      yield* server.waitFor("stderr", /10\.9\.0\.2:\d+ refused: the limit of 1 connection from its address is reached/)
      expect(server.text("stderr")).not.toMatch(/closed/)
    }),
  )

  it.scopedLive("is accepted from another port once keepalive has ended the old connection", () =>
    Effect.gen(function* () {
      // The device, which is back, answers the first probe with RST.
      const server = yield* dialsAgain(["--keepalive", "1s,1s,1"], [], (waiting) =>
        waiting.waitFor("stderr", /#1 closed: (the peer vanished \(ETIMEDOUT\)|reset by the peer)/),
      )
      yield* server.waitFor("stdout", /#2 < hello/)
      expect(server.text("stderr")).not.toMatch(/refused/)
    }),
  )

  it.scopedLive("displaces its old connection from another port with --displace", () =>
    Effect.gen(function* () {
      const server = yield* dialsAgain(["--displace"], [])
      yield* server.waitFor("stdout", /#2 < hello/)
      yield* server.waitFor("stderr", /#1 closed: displaced by a new connection of its address/)
      expect(server.text("stderr")).not.toMatch(/refused/)
    }),
  )
})

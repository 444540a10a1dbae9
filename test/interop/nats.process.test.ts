import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { decodeServerEventLine, tcpEndpoint } from "../../src/domain/index.ts"
import { natsServer, startNats } from "../support/natsServer.ts"
import { haveAll } from "../support/peers.ts"
import { dialRaw } from "../support/rawPeer.ts"
import { tcpfx, tcpfxRun } from "../support/tcpfxProcess.ts"
import { temporaryFolder } from "../support/transportFixture.ts"
import { textOf } from "../support/wireProbe.ts"

/** A broker on a hub, and its port. */
const broker = (args: ReadonlyArray<string>, env: Readonly<Record<string, string>> = {}) =>
  Effect.gen(function* () {
    const process = yield* tcpfx(["serve", "127.0.0.1:0", "--broker", "--frame", "line", ...args], { env })
    const [, port] = yield* process.waitFor("stderr", /listening on 127\.0\.0\.1:(\d+)/)
    return { process, endpoint: tcpEndpoint("127.0.0.1", Number(port)) }
  })

describe.runIf(haveAll(natsServer))("tcpfx serve --hub", { timeout: 60_000 }, () => {
  it.scopedLive("shares frames with another server, and shows the events of the hub", () =>
    Effect.gen(function* () {
      const { port, process: nats } = yield* startNats({ config: 'authorization { user: "u", password: "secret" }' })
      const url = `nats://u:secret@127.0.0.1:${port}`
      const one = yield* broker(["--hub-node", "one"], { TCPFX_SERVE_HUB: url })
      const two = yield* broker(["--hub-node", "two", "--output", "json"], { TCPFX_SERVE_HUB: url })
      yield* one.process.waitFor("stderr", /@two shares the hub/)
      const here = yield* dialRaw(one.endpoint)
      const there = yield* dialRaw(two.endpoint)
      yield* one.process.waitFor("stderr", /#1 connected/)
      yield* two.process.waitFor("stdout", /ConnectionOpened/)
      yield* here.send("from one\n")
      expect(textOf(yield* there.take(9))).toBe("from one\n")
      yield* there.send("from two\n")
      expect(textOf(yield* here.take(9))).toBe("from two\n")
      yield* nats.kill("SIGKILL")
      yield* one.process.waitFor("stderr", /the hub is detached: .*; clients here continue among themselves/)
      yield* startNats({ port, config: 'authorization { user: "u", password: "secret" }' })
      yield* one.process.waitFor("stderr", /detached[\s\S]*the hub is attached to NATS at 127\.0\.0\.1:\d+, with /)
      yield* one.process.kill("SIGTERM")
      yield* two.process.waitFor("stdout", /"NodeLeft".*"node":"one","cause":"left"/)
      const lines = two.process.text("stdout").trim().split("\n")
      for (const line of lines) expect(decodeServerEventLine(line)._tag).toBe("Right")
    }),
  )

  it.scopedLive("shows the clients of the other server in tcpfx top and tcpfx ctl, and says who reaches them", () =>
    Effect.gen(function* () {
      const { url } = yield* startNats()
      const control = join(yield* temporaryFolder, "control")
      const one = yield* broker(["--hub", url, "--hub-node", "one", "--control", control])
      const two = yield* broker(["--hub", url, "--hub-node", "two"])
      yield* one.process.waitFor("stderr", /@two shares the hub/)
      yield* dialRaw(one.endpoint)
      const there = yield* dialRaw(two.endpoint)
      yield* one.process.waitFor("stderr", /#1 connected/)
      yield* two.process.waitFor("stderr", /#1 connected/)
      const top = tcpfxRun(["top", "--control", control, "--once"])
      const found = yield* Effect.repeat(top, { until: ({ stdout }) => stdout.includes("@two/1") })
      const [, figures, titles, own, other] = found.stdout.split("\n")
      expect(figures).toMatch(/^1 client, 1 of other servers · /)
      expect(titles).toMatch(/^ID {6}ADDRESS /)
      expect(own).toMatch(/^#1 {6}127\.0\.0\.1:\d+ /)
      expect(other).toMatch(/^@two\/1 {2}127\.0\.0\.1:\d+ +\d+ s$/)
      const ctl = (...words: ReadonlyArray<string>) => tcpfxRun(["ctl", "--control", control, ...words])
      expect((yield* ctl("connections", "@two/")).stdout).toMatch(
        /^ID .*\n@two\/1 .*\n0 of 0 clients \(1 connected\)\n1 of 1 client of other servers\n$/,
      )
      expect((yield* ctl("state")).stdout).toMatch(/\n#1 .*\n@two\/1 /)
      const asJson = JSON.parse((yield* ctl("--output", "json", "connections")).stdout)
      expect(asJson).toMatchObject({ matching: 1, remoteMatching: 1, remoteTotal: 1, remote: [{ client: "@two/1" }] })
      expect(yield* ctl("send", "@two/1", "text=x")).toMatchObject({
        code: 2,
        stderr:
          'tcpfx: @two/1 names a client of another server, which only commands of that server reach, at character 7; Give the command to the server two, or write @"two/1" for a client with this name.\n',
      })
      yield* ctl("broadcast", "hello")
      expect(textOf(yield* there.take(6))).toBe("hello\n")
    }),
  )

  it.scopedLive("keeps hubs with different names apart", () =>
    Effect.gen(function* () {
      const { url } = yield* startNats()
      const one = yield* broker(["--hub", url, "--hub-name", "a", "--hub-node", "one"])
      const two = yield* broker(["--hub", url, "--hub-name", "b", "--hub-node", "two"])
      const three = yield* broker(["--hub", url, "--hub-name", "a", "--hub-node", "three"])
      yield* one.process.waitFor("stderr", /@three shares the hub/)
      const sender = yield* dialRaw(one.endpoint)
      const apart = yield* dialRaw(two.endpoint)
      const together = yield* dialRaw(three.endpoint)
      for (const { process } of [one, two, three]) yield* process.waitFor("stderr", /#1 connected/)
      yield* sender.send("x\n")
      expect(textOf(yield* together.take(2))).toBe("x\n")
      const second = yield* dialRaw(two.endpoint)
      yield* two.process.waitFor("stderr", /#2 connected/)
      yield* second.send("y\n")
      expect(textOf(yield* apart.take(2))).toBe("y\n")
    }),
  )

  it.scopedLive("refuses what it cannot use, with one line", () =>
    Effect.gen(function* () {
      const refusal = (...args: ReadonlyArray<string>) =>
        Effect.gen(function* () {
          const process = yield* tcpfx(["serve", "127.0.0.1:0", ...args])
          const { code } = yield* process.ended
          return [code, process.text("stderr")]
        })
      expect(yield* refusal("--hub", "http://x")).toEqual([
        2,
        'tcpfx: --hub: "http://x" is not a NATS server: it is not an address of NATS; expected nats://HOST:PORT or tls://HOST:PORT, several with commas between them\n',
      ])
      for (const address of ["u:secret@x", "nats://u:secret/@x:4222", "nats://u:100%@x", "nats://u:secret@x,y"]) {
        const [code, message] = yield* refusal("--hub", address)
        expect(code).toBe(2)
        expect(message).toMatch(/"(nats:\/\/)?\*\*\*@x[^"]*" is not a NATS server/)
      }
      expect(yield* refusal("--hub", "nats://127.0.0.1:1")).toEqual([
        1,
        "tcpfx: --hub: cannot connect to NATS at 127.0.0.1:1: connection refused\n",
      ])
      expect(yield* refusal("--hub", "nats://nosuch.invalid")).toEqual([
        1,
        "tcpfx: --hub: cannot connect to NATS at nosuch.invalid:4222: the name has no address; check the spelling\n",
      ])
      expect((yield* refusal("--hub", "nats://127.0.0.1:1", "--hub-name", "n".repeat(65)))[0]).toBe(2)
      expect(yield* refusal("--hub-name", "x")).toEqual([2, "tcpfx: --hub-name needs --hub nats://HOST:PORT\n"])
      expect((yield* refusal("--hub", "nats://127.0.0.1:1", "--echo"))[0]).toBe(2)
      expect(yield* refusal("--hub", "nats://127.0.0.1:1", "--hub-creds", "/none")).toEqual([
        2,
        "tcpfx: --hub-creds: /none cannot be read: there is no such file\n",
      ])
    }),
  )
})

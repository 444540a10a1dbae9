import { spawnSync } from "node:child_process"
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { unixEndpoint } from "../../src/domain/index.ts"
import { haveAll, type Peer } from "../support/peers.ts"
import { dialRaw } from "../support/rawPeer.ts"
import { start, tcpfxServe } from "../support/tcpfxProcess.ts"
import { temporaryFolder } from "../support/transportFixture.ts"
import { whenCreated } from "../support/whenCreated.ts"

// The programs of this test take seconds to start on a busy machine.
const patient = { within: "50 seconds" } as const

const bin = fileURLToPath(new URL("../../bin/tcpfx.cjs", import.meta.url))
const units = fileURLToPath(new URL("../../deploy/systemd/", import.meta.url))

const activate: Peer = { program: "systemd-socket-activate", known: /inetd/, dial: () => [] }
const analyze: Peer = { program: "systemd-analyze", known: /security/, dial: () => [] }

/** The text of a unit, with each continued line in one line (systemd.syntax(7)). */
const unit = (name: string): string => readFileSync(join(units, name), "utf8").replaceAll(/\\\n\s*/g, "")

const setting = (text: string, name: string): string =>
  new RegExp(`^${name}=(.*)$`, "m").exec(text)?.[1] ?? `no ${name}`

/** The words of `ExecStart=` behind `tcpfx`. `logs` takes the place of `%L`, the folder of logs. */
const argumentsOf = (name: string, logs: string): ReadonlyArray<string> => {
  const [program, ...words] = setting(unit(name), "ExecStart").replaceAll("%L", logs).split(/\s+/)
  expect(program).toBe("tcpfx")
  return words
}

describe.skipIf(!haveAll(activate))("the units of deploy/systemd", () => {
  it.scopedLive("serve on the socket of systemd, open the log again on reload, and drain on stop", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      mkdirSync(join(folder, "tcpfx"))
      const [path, log] = [join(folder, "port"), join(folder, "tcpfx/events.log")]
      const command = [process.execPath, bin, ...argumentsOf("tcpfx.service", folder)]
      // systemd gives services /dev/null as standard input. systemd-socket-activate replaces itself by the server.
      const line = ["-c", 'exec "$@" </dev/null', "sh", "systemd-socket-activate", "-l", path, ...command]
      const server = yield* start("sh", line)
      yield* server.waitFor("stderr", /Listening on /)
      const one = yield* dialRaw(unixEndpoint(path), patient)
      yield* server.waitFor("stderr", /#1 connected/)
      const other = yield* dialRaw(unixEndpoint(path), patient)
      yield* server.waitFor("stderr", /#2 connected/)
      const relays = (text: string) =>
        Effect.gen(function* () {
          yield* one.send(text)
          expect(Buffer.from(yield* other.take(text.length)).toString()).toBe(text)
        })
      yield* relays("before\n")
      renameSync(log, `${log}.old`)
      expect(setting(unit("tcpfx.service"), "ExecReload")).toBe("/bin/kill -HUP $MAINPID")
      const opened = whenCreated(join(folder, "tcpfx"), ["events.log"])
      yield* server.kill("SIGHUP")
      yield* opened
      yield* relays("after\n")
      yield* server.kill("SIGTERM")
      // Each client gets the FIN of the drain, and answers it.
      for (const client of [one, other]) {
        expect(Buffer.from(yield* client.takeRest).toString()).toBe("")
        yield* client.halfClose
      }
      expect(`${(yield* server.ended).code}`).toBe(setting(unit("tcpfx.service"), "SuccessExitStatus"))
      expect(readFileSync(`${log}.old`, "utf8")).toMatch(/"ConnectionOpened"/)
      expect(readFileSync(log, "utf8")).toMatch(/"DrainFinished"/)
    }),
  )

  it.scopedLive("keep a client connected without standard input, and record what the server sends", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      mkdirSync(join(folder, "tcpfx-connect"))
      const { port, server } = yield* tcpfxServe(["--frame", "line", "--send", "first"])
      const [verb = "", , ...flags] = argumentsOf("tcpfx-connect.service", folder)
      const line = ["-c", 'exec "$@" </dev/null', "sh", process.execPath, bin, verb, `127.0.0.1:${port}`, ...flags]
      const client = yield* start("sh", line)
      yield* client.waitFor("stdout", /first\n/)
      yield* server.write("second\n")
      yield* client.waitFor("stdout", /second\n/)
      expect(server.text("stderr")).not.toMatch(/half|closed/)
      yield* client.kill("SIGTERM")
      expect(`${(yield* client.ended).code}`).toBe(setting(unit("tcpfx-connect.service"), "SuccessExitStatus"))
      expect(readFileSync(join(folder, "tcpfx-connect/received.txt"), "utf8")).toBe("first\nsecond\n")
    }),
  )
})

describe("the unit of the server in deploy/systemd", () => {
  it("waits longer at its stop than the drain of the server lasts", () => {
    const seconds = Number(setting(unit("tcpfx.service"), "TimeoutStopSec"))
    const drain = / --drain (\d+)s /.exec(setting(unit("tcpfx.service"), "ExecStart"))?.[1]
    expect(seconds).toBeGreaterThan(Number(drain))
  })
})

describe.skipIf(!haveAll(analyze))("systemd-analyze", () => {
  it.scopedLive("finds no mistake in the units of deploy/systemd, and an exposure below 2 of 10", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const names = ["tcpfx.socket", "tcpfx.service", "tcpfx-connect.service"]
      // The program need not be installed where the tests run.
      for (const name of names) {
        writeFileSync(join(folder, name), unit(name).replace(/^ExecStart=.*$/m, "ExecStart=/bin/true"))
      }
      const run = (args: ReadonlyArray<string>) => {
        const { status, stderr, stdout } = spawnSync("systemd-analyze", args, { cwd: folder, encoding: "utf8" })
        return status === 0 ? "fine" : `${stdout}${stderr}`
      }
      expect(run(["verify", ...names.map((name) => `./${name}`)])).toBe("fine")
      for (const name of names.slice(1)) {
        // The threshold is ten times the exposure.
        const security = ["security", "--offline=yes", "--threshold=20", "--no-pager", `./${name}`]
        expect([name, run(security)]).toEqual([name, "fine"])
      }
    }),
  )
})

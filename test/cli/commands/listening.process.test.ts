import { lstatSync, readdirSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { tcpEndpoint, unixEndpoint } from "../../../src/domain/index.ts"
import { haveAbstractNames, haveIpv6 } from "../../support/peers.ts"
import { dialRaw } from "../../support/rawPeer.ts"
import { tcpfx, tcpfxRun } from "../../support/tcpfxProcess.ts"
import { temporaryFolder } from "../../support/transportFixture.ts"

const oneLine = /^tcpfx: [^\n]+\n$/
const local = (port: string | undefined) => tcpEndpoint("127.0.0.1", Number(port))

describe("tcpfx serve with several endpoints", () => {
  it.scopedLive.skipIf(!haveIpv6())("reports each endpoint in a line, and the endpoint of each connection", () =>
    Effect.gen(function* () {
      const path = join(yield* temporaryFolder, "x.sock")
      const server = yield* tcpfx(["serve", "127.0.0.1:0", "[::1]:0", `unix:${path}`, "--drain", "100ms"])
      const [said, four, six] = yield* server.waitFor(
        "stderr",
        /^tcpfx: listening on 127\.0\.0\.1:(\d+)\ntcpfx: listening on \[::1\]:(\d+)\ntcpfx: listening on unix:.*\n/,
      )
      expect(said).toContain(path)
      yield* dialRaw(local(four))
      yield* server.waitFor("stderr", new RegExp(`#1 connected from 127.0.0.1:\\d+ to 127.0.0.1:${four}\n`))
      yield* dialRaw(tcpEndpoint("::1", Number(six)))
      yield* server.waitFor("stderr", new RegExp(`#2 connected from \\[::1\\]:\\d+ to \\[::1\\]:${six}\n`))
      const third = yield* dialRaw(unixEndpoint(path))
      yield* server.waitFor("stderr", /#3 connected from unix: to unix:.*x\.sock\n/)
      yield* server.write("to all\n")
      yield* third.expect("to all\n")
      yield* server.kill("SIGTERM")
      yield* server.ended
      expect(server.text("stderr").match(/stopped listening on/g)).toHaveLength(3)
      expect(readdirSync(join(path, ".."))).toEqual([])
    }),
  )

  it.scopedLive("refuses a path that looks like a number, unless ./ is before it", () =>
    Effect.gen(function* () {
      const cwd = yield* temporaryFolder
      for (const args of [
        ["serve", "unix:80"],
        ["serve", ":0", "unix:80"],
        ["connect", "unix:80"],
      ]) {
        const { code, stderr } = yield* tcpfxRun(args, "", { cwd })
        expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringMatching(oneLine) })
        expect(stderr).toContain('"unix:80" is not an endpoint: the path is a number; expected unix:./80')
      }
      const server = yield* tcpfx(["serve", "unix:./80", "unix:./1e3", "--mode", "echo"], { cwd })
      yield* server.waitFor("stderr", /^tcpfx: listening on unix:\.\/80\ntcpfx: listening on unix:\.\/1e3\n/)
      const client = yield* dialRaw(unixEndpoint(join(cwd, "1e3")))
      yield* client.send("x")
      yield* client.expect("x")
      yield* server.kill("SIGTERM")
      yield* server.ended
      expect(readdirSync(cwd)).toEqual([])
    }),
  )

  it.scopedLive("shows connections without an endpoint when there is only one", () =>
    Effect.gen(function* () {
      const server = yield* tcpfx(["serve", "127.0.0.1:0"])
      const [, port] = yield* server.waitFor("stderr", /^tcpfx: listening on 127\.0\.0\.1:(\d+)\n/)
      yield* dialRaw(local(port))
      yield* server.waitFor("stderr", /#1 connected from 127\.0\.0\.1:\d+\n/)
    }),
  )

  it.scopedLive("has one event for each in JSON", () =>
    Effect.gen(function* () {
      const server = yield* tcpfx(["serve", "127.0.0.1:0", "127.0.0.1:0", "--output", "json"])
      yield* server.waitFor("stdout", /"Listening"[^\n]*\n[^\n]*"Listening"[^\n]*\n/)
    }),
  )

  it.scopedLive("takes them from TCPFX_LISTEN, unless there is an argument", () =>
    Effect.gen(function* () {
      const env = { TCPFX_LISTEN: "127.0.0.1:0, 127.0.0.2:0" }
      const both = yield* tcpfx(["serve"], { env })
      yield* both.waitFor("stderr", /^tcpfx: listening on 127\.0\.0\.1:\d+\ntcpfx: listening on 127\.0\.0\.2:\d+\n/)
      const one = yield* tcpfx(["serve", "127.0.0.3:0"], { env })
      yield* one.waitFor("stderr", /^tcpfx: listening on 127\.0\.0\.3:\d+\n(?!tcpfx: listening)/)
      const { code, stderr } = yield* tcpfxRun(["serve"], "", { env: { TCPFX_LISTEN: "localhost 9000" } })
      expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringMatching(oneLine) })
      expect(stderr).toContain('TCPFX_LISTEN: "localhost" is not an endpoint')
    }),
  )

  it.scopedLive("exits with 2 and one line that names the failed endpoint, and leaves no socket behind", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const path = join(folder, "x.sock")
      const first = yield* tcpfx(["serve", "127.0.0.1:0"])
      const [, port = ""] = yield* first.waitFor("stderr", /^tcpfx: listening on 127\.0\.0\.1:(\d+)\n/)
      const cases: ReadonlyArray<readonly [ReadonlyArray<string>, RegExp]> = [
        [[`unix:${path}`, `127.0.0.1:${port}`], new RegExp(`cannot listen on 127.0.0.1:${port}: the port is in use`)],
        [[`unix:${path}`, `0.0.0.0:${port}`], new RegExp(`cannot listen on 0.0.0.0:${port}: the port is in use`)],
        [[`unix:${path}`, `unix:${path}`], /this server already listens on unix:/],
        [[`unix:${path}`, "203.0.113.1:0"], /no interface of this machine has that address/],
        [["9000", "9001"], /"9000" is not an endpoint: in a list, a bare number/],
        [["localhost", ":9001"], /"localhost" is not an endpoint: in a list, each endpoint must name its port/],
      ]
      for (const [args, message] of cases) {
        const { code, stderr, stdout } = yield* tcpfxRun(["serve", ...args])
        expect({ code, stdout }, stderr).toEqual({ code: 2, stdout: "" })
        expect(stderr).toMatch(oneLine)
        expect(stderr).toMatch(message)
      }
      expect(readdirSync(folder)).toEqual([])
    }),
  )

  it.scopedLive("reports the conflict of a wildcard with an address on the same port", () =>
    Effect.gen(function* () {
      const probe = yield* tcpfx(["serve", "127.0.0.1:0"])
      const [, port = ""] = yield* probe.waitFor("stderr", /^tcpfx: listening on 127\.0\.0\.1:(\d+)\n/)
      yield* probe.kill("SIGTERM")
      yield* probe.ended
      const { code, stderr } = yield* tcpfxRun(["serve", `0.0.0.0:${port}`, `127.0.0.1:${port}`])
      expect(code).toBe(2)
      expect(stderr).toBe(
        `tcpfx: cannot listen on 127.0.0.1:${port}: this server already listens on 0.0.0.0:${port}, which overlaps; remove one of the two\n`,
      )
    }),
  )
})

describe("tcpfx serve and connect -4 and -6", () => {
  it.scopedLive.skipIf(!haveIpv6())("select one family, also without a host", () =>
    Effect.gen(function* () {
      for (const flags of [["-6"], ["--ipv6"], ["--family", "ipv6"], ["--family=ipv6"]]) {
        const server = yield* tcpfx(["serve", ...flags, "-p", "0", "--mode", "echo"])
        const [, port = ""] = yield* server.waitFor("stderr", /^tcpfx: listening on \[::1\]:(\d+)\n/)
        expect(yield* tcpfxRun(["connect", ...flags, port], "x")).toMatchObject({ code: 0, stdout: "x" })
        expect(yield* tcpfxRun(["connect", "-4", port], "x")).toMatchObject({ code: 1 })
      }
      const server = yield* tcpfx(["serve", "-4", "-p0", "--mode", "echo"])
      const [, port = ""] = yield* server.waitFor("stderr", /^tcpfx: listening on 127\.0\.0\.1:(\d+)\n/)
      expect(yield* tcpfxRun(["connect", "-4", "localhost", port], "x")).toMatchObject({ code: 0, stdout: "x" })
    }),
  )

  it.scopedLive("refuse an address of the other family, and each other", () =>
    Effect.gen(function* () {
      const family = /no address of the requested family/
      const cases: ReadonlyArray<readonly [ReadonlyArray<string>, number, RegExp]> = [
        [["serve", "-6", "127.0.0.1:0"], 2, family],
        [["serve", "-4", "[::1]:0"], 2, family],
        [["connect", "-6", "127.0.0.1:1"], 1, family],
        [["serve", "-46"], 2, /-4, -6 and --family exclude each other: ipv4 and ipv6/],
        [["connect", "-4", "--family", "ipv6"], 2, /exclude each other/],
        [["serve", "--family", "ipx"], 2, /"ipx" is not an address family/],
      ]
      for (const [args, code, message] of cases) {
        const ran = yield* tcpfxRun(args)
        expect(ran).toMatchObject({ code, stdout: "", stderr: expect.stringMatching(message) })
        expect(ran.stderr).toMatch(oneLine)
      }
    }),
  )

  it.scopedLive.skipIf(!haveIpv6())("[::] is both families, and --ipv6-only makes it one", () =>
    Effect.gen(function* () {
      const dual = yield* tcpfx(["serve", "[::]:0", "--mode", "echo"])
      const [, port = ""] = yield* dual.waitFor("stderr", /^tcpfx: listening on \[::\]:(\d+)\n/)
      for (const host of ["127.0.0.1", "::1"]) {
        expect(yield* tcpfxRun(["connect", host, port], "x")).toMatchObject({ code: 0, stdout: "x" })
      }
      const six = yield* tcpfx(["serve", "[::]:0", "--ipv6-only", "--mode", "echo"])
      const [, only = ""] = yield* six.waitFor("stderr", /^tcpfx: listening on \[::\]:(\d+)\n/)
      expect(yield* tcpfxRun(["connect", "::1", only], "x")).toMatchObject({ code: 0, stdout: "x" })
      expect(yield* tcpfxRun(["connect", "127.0.0.1", only], "x")).toMatchObject({ code: 1 })
    }),
  )
})

describe("tcpfx serve --unix-mode", () => {
  it.scopedLive("sets the mode of the socket file, from the flag or from TCPFX_UNIX_MODE", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const modeOf = (path: string) => (lstatSync(path).mode & 0o777).toString(8)
      const [one, two] = [join(folder, "one"), join(folder, "two")]
      const flag = yield* tcpfx(["serve", "-U", one, "--unix-mode", "0660"])
      yield* flag.waitFor("stderr", /listening on/)
      expect(modeOf(one)).toBe("660")
      const variable = yield* tcpfx(["serve", `unix:${two}`, "127.0.0.1:0"], { env: { TCPFX_UNIX_MODE: "600" } })
      yield* variable.waitFor("stderr", /listening on/)
      expect(modeOf(two)).toBe("600")
    }),
  )

  it.scopedLive("is refused if it has no effect or is not a mode", () =>
    Effect.gen(function* () {
      const cases: ReadonlyArray<readonly [ReadonlyArray<string>, RegExp]> = [
        [["unix:@x", "--unix-mode", "600"], /unix:@x has no file, so every user of this machine may connect/],
        [["127.0.0.1:0", "--unix-mode", "600"], /--unix-mode needs an endpoint unix:/],
        [["unix:/x", "--unix-mode", "0688"], /8 and 9 are not octal digits/],
        [["unix:/x", "--unix-mode", "rw"], /"rw" is not a file mode/],
      ]
      for (const [args, message] of cases) {
        const { code, stderr } = yield* tcpfxRun(["serve", ...args])
        expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringMatching(message) })
        expect(stderr).toMatch(oneLine)
      }
    }),
  )
})

describe("an abstract name", () => {
  it.scopedLive.skipIf(haveAbstractNames())("is refused in one line if Node would change the name", () =>
    Effect.gen(function* () {
      expect(yield* tcpfxRun(["serve", "unix:@x"])).toMatchObject({ code: 2, stderr: expect.stringMatching(oneLine) })
      const { code, stderr } = yield* tcpfxRun(["connect", "unix:@x"])
      expect({ code, stderr }).toMatchObject({ code: 1, stderr: expect.stringMatching(/need Linux and Node 22/) })
    }),
  )
})

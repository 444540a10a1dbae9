import { existsSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import { parseControl } from "../../../src/cli/control/command.ts"
import { parseControlPath } from "../../../src/cli/flags/controlPath.ts"
import { Assistant, tcpEndpoint, unixEndpoint } from "../../../src/domain/index.ts"
import { dialRaw } from "../../support/rawPeer.ts"
import { tcpfxRun, tcpfxServe } from "../../support/tcpfxProcess.ts"
import { string } from "../../support/texts.ts"
import { temporaryFolder } from "../../support/transportFixture.ts"

const socketPath = Effect.map(temporaryFolder, (folder) => join(folder, "control"))

/** Sends commands to a control socket, one after the other, and returns the answers. */
const controlling = (path: string) =>
  Effect.map(
    dialRaw(unixEndpoint(path)),
    (peer) => (command: string) =>
      Effect.gen(function* () {
        yield* peer.send(`${command}\n`)
        let line = ""
        while (!line.endsWith("\n")) line += string(yield* peer.take(1))
        return JSON.parse(line)
      }),
  )

const local = (port: number) => tcpEndpoint("127.0.0.1", port)

describe("tcpfx serve --control", () => {
  it.scopedLive("shows the state, suspends and resumes, opens and closes listeners, kicks and drains", () =>
    Effect.gen(function* () {
      const path = yield* socketPath
      const { port, server } = yield* tcpfxServe(["--mode", "echo", "--control", path])
      expect(statSync(path).mode & 0o777).toBe(0o600)
      const tell = yield* controlling(path)
      const peer = yield* dialRaw(local(port))
      yield* peer.send("hello")
      yield* peer.take(5)
      expect(yield* tell("state")).toMatchObject({
        ok: true,
        accepting: "yes",
        listening: [`127.0.0.1:${port}`],
        connections: [{ id: 1, bytesIn: 5, bytesOut: 5, pendingBytes: 0, state: "open", local: `127.0.0.1:${port}` }],
      })
      expect((yield* tell("help")).commands.join("\n")).toMatch(
        /^state: .*\nhelp \[COMMAND\]: .*\nsummary: .*\nconnections .*\nlisten ENDPOINT: /,
      )
      expect(yield* tell("help kick")).toEqual({ ok: true, commands: [expect.stringMatching(/^kick RECIPIENTS/)] })
      expect(yield* tell("help kik")).toMatchObject({
        ok: false,
        error: '"kik" is not a command (did you mean "kick"?)',
      })
      expect(yield* tell("suspend")).toEqual({ ok: true })
      yield* Effect.flatMap(dialRaw(local(port)), ({ takeRest }) => takeRest)
      yield* server.waitFor("stderr", /refused: accepting is suspended/)
      expect(yield* tell("resume")).toEqual({ ok: true })
      const { listening } = yield* tell("listen 127.0.0.1:0")
      const second = Number(listening.split(":").at(-1))
      yield* server.waitFor("stderr", new RegExp(`tcpfx: listening on 127\\.0\\.0\\.1:${second}`))
      expect(yield* tell("listen 127.0.0.1:70000")).toMatchObject({
        ok: false,
        error: expect.stringMatching(/above 65535/),
      })
      expect(yield* tell("listen unix:80")).toMatchObject({ ok: false, error: expect.stringMatching(/unix:.\/80/) })
      const other = yield* dialRaw(local(second))
      yield* other.send("x")
      yield* other.take(1)
      expect(yield* tell(`stop ${listening}`)).toEqual({ ok: true, endpoints: [listening], ended: 0 })
      expect(yield* tell(`stop ${listening}`)).toMatchObject({
        ok: false,
        error: expect.stringMatching(/does not listen/),
      })
      expect(yield* tell("rename @2 panel")).toEqual({ ok: true, to: [2] })
      expect(yield* tell("send @panel,@nobody text hi\\n")).toEqual({
        ok: true,
        to: [2],
        bytes: 3,
        unmatched: ["@nobody"],
      })
      yield* other.expect("hi\n")
      expect(yield* tell("kick 2 reset")).toEqual({ ok: true, to: [2] })
      expect(yield* other.closed).toEqual(Option.some("ECONNRESET"))
      expect(yield* tell("kick 9")).toMatchObject({ ok: false, error: expect.stringMatching(/no connection #9/) })
      expect(yield* tell("drain")).toEqual({ ok: true })
      yield* peer.takeRest
      yield* peer.halfClose
      expect((yield* server.ended).code).toBe(0)
      expect(existsSync(path)).toBe(false)
    }),
  )

  it.scopedLive("answers a reload with the file that cannot be read, and escapes control characters in its path", () =>
    Effect.gen(function* () {
      const path = yield* socketPath
      const rules = `${path}.rules`
      writeFileSync(rules, "127.0.0.1\n")
      const { server } = yield* tcpfxServe(["--mode", "echo", "--control", path, "--allow-file", rules])
      const tell = yield* controlling(path)
      expect(yield* tell("reload")).toEqual({ ok: true })
      writeFileSync(rules, "127.0.0.1\nlab\n")
      const problem = `--allow-file: ${rules}: "lab" is not an address range: line 2: "lab" is not an IP address`
      expect(yield* tell("reload")).toMatchObject({ ok: false, error: expect.stringContaining(problem) })
      yield* server.waitFor("stderr", /line 2.*; the access rules stay as they were$/m)
      yield* tell(`listen unix:${path}\u001b[31mred`)
      yield* server.waitFor("stderr", /tcpfx: listening on unix:.*\\e\[31mred$/m)
      expect(server.text("stderr")).not.toContain("\u001b")
    }),
  )

  it.scopedLive(
    "answers each line of a read in order, also around a line that is too long, and lists hundreds of clients",
    () =>
      Effect.gen(function* () {
        const path = yield* socketPath
        const { port } = yield* tcpfxServe(["--mode", "echo", "--control", path, "--no-traffic"])
        const peer = yield* dialRaw(unixEndpoint(path))
        yield* peer.send(Buffer.from(`resume\nkick 9\n${"x".repeat(5000)}\nsend \xff\nresume\n`, "latin1"))
        yield* peer.halfClose
        const answers = string(yield* peer.takeRest)
          .trimEnd()
          .split("\n")
        expect(answers.map((answer) => JSON.parse(answer))).toEqual([
          { ok: true },
          { ok: false, error: expect.stringMatching(/no connection #9/), reason: "nobody", field: "to" },
          { ok: false, error: "the line is longer than 4096 bytes", reason: "limit" },
          {
            ok: false,
            error: "the line is not UTF-8",
            reason: "syntax",
            advice: expect.stringMatching(/encoding=NAME/),
          },
          { ok: true },
        ])
        const crowd = yield* Effect.replicateEffect(dialRaw(local(port)), 200)
        for (const one of crowd) yield* Effect.zipRight(one.send("x"), one.take(1))
        const tell = yield* controlling(path)
        expect((yield* tell("state")).connections.length).toBe(200)
      }),
  )

  it.scopedLive("that cannot listen is reported in one line, before anything else, with exit code 2", () =>
    Effect.gen(function* () {
      for (const [path, problem] of [
        ["/nowhere/control", /^tcpfx: --control: cannot listen on unix:\/nowhere\/control: the folder .*\n$/],
        ["x".repeat(200), /^tcpfx: .*--control: .*the maximum is 107.*\n$/],
      ] as const) {
        const { code, stderr } = yield* tcpfxRun(["serve", "0", "--control", path])
        expect([code, stderr]).toEqual([2, expect.stringMatching(problem)])
      }
    }),
  )

  it.each(["127.0.0.1:1", "localhost:9000", "9000", "[::1]:9000", ":9000", "fd:3"])(
    "takes %s for a port by mistake, and not for the name of a file",
    (text) => {
      expect(Either.getOrThrow(Either.flip(parseControlPath(text))).message).toContain(
        `"${text}" is not an endpoint: the control socket is a unix socket, not a port`,
      )
      expect(parseControlPath(`./${text}`)).toEqual(Either.right(unixEndpoint(`./${text}`)))
    },
  )

  it.each(["control", "/run/x:1/control", "./9000", "unix:./9000", "@tcpfx"])("listens at the path %s", (text) => {
    expect(parseControlPath(text)).toEqual(Either.right(unixEndpoint(text.replace(/^unix:/, ""))))
  })

  it.each<readonly [string, RegExp]>([
    ["", /a command is missing/],
    ["shout", /"shout" is not a command/],
    ["suspned", /"suspned" is not a command \(did you mean "suspend"\?\), at character 1/],
    ["kick", /kick needs a client/],
    ["kick 0", /0 is not the number of a client/],
    ["kick 1 gently", /kick takes no further words, at character 8/],
    ["state now", /^too many words follow "state"$/],
    ["help send kick", /^too many words follow "help"$/],
    ["listen", /listen needs an endpoint/],
    ["stop a b", /stop takes no further words/],
    ["one two three four", /"one" is not a command/],
  ])("answers %j with what is wrong", (line, problem) => {
    expect(Either.getOrThrow(Either.flip(parseControl(line))).message).toMatch(problem)
  })

  it("takes every command of the assistant, also by name, tag and network", () => {
    for (const line of ["send @plc-1 hex 01 03", "tag @10.0.0.0/8 line2", "rename @3 panel", "broadcast text hi\\n"]) {
      expect(Either.getOrThrow(parseControl(line))).toEqual({
        _tag: "Do",
        command: Either.getOrThrow(Assistant.parseCommand(line)),
      })
    }
  })
})

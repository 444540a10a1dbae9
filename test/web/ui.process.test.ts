import { execFileSync } from "node:child_process"
import { chmodSync, promises as fs, mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { WindowState } from "../../src/domain/assistant/State.ts"
import { tcpEndpoint } from "../../src/domain/index.ts"
import { dialRaw } from "../support/rawPeer.ts"
import { type StartOptions, tcpfx, tcpfxRun, tcpfxServe } from "../support/tcpfxProcess.ts"
import { temporaryFolder } from "../support/transportFixture.ts"
import { connectPage } from "./support/pageWorld.ts"
import { request } from "./support/request.ts"

/** A running `tcpfx ui`, with its own folder for its state. */
const startUi = (args: ReadonlyArray<string> = [], options: StartOptions = {}) =>
  Effect.gen(function* () {
    const state = yield* temporaryFolder
    const env = { XDG_STATE_HOME: state, ...options.env }
    const ui = yield* tcpfx(["ui", "--no-open", ...args], { ...options, env })
    const [address = ""] = yield* ui.waitFor("stdout", /^https?:\S+(?=\n)/)
    const { origin, port, searchParams } = new URL(address)
    return { ui, address, server: { origin, port: Number(port), token: searchParams.get("token") ?? "" } }
  })

const run = (args: ReadonlyArray<string>, env: Record<string, string> = {}) =>
  tcpfxRun(["ui", "--no-open", ...args], "", { env })

const isConnected = (state: WindowState) => state._tag === "ClientWindow" && state.phase === "connected"

describe("tcpfx ui, as a process", () => {
  it.scopedLive("prints an address, serves the page there, and ends in order on Ctrl-C", () =>
    Effect.gen(function* () {
      const { address, server, ui } = yield* startUi()
      expect(address).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/\?token=[\w-]{27}$/)
      yield* ui.waitFor("stderr", /Ctrl-C/)
      const page = yield* request(server, `/?token=${server.token}`)
      expect([page.status, page.text.includes("<title>tcpfx</title>")]).toEqual([200, true])
      const script = /src="\.(\/assets\/[^"]+\.js)"/.exec(page.text)?.[1] ?? ""
      const packed = yield* request(server, script, { headers: { "accept-encoding": "br" } })
      expect([packed.status, packed.headers["content-encoding"]]).toEqual([200, "br"])
      yield* ui.kill("SIGINT")
      expect(yield* ui.ended).toEqual({ code: 130, signal: null })
      expect(ui.text("stdout")).toBe(`${address}\n`)
    }),
  )

  it.scopedLive("closes its connections in order on SIGTERM, and ends at once on a second Ctrl-C", () =>
    Effect.gen(function* () {
      const withPeer = Effect.gen(function* () {
        const { server, ui } = yield* startUi()
        const page = yield* connectPage(server)
        const send = (content: string) =>
          page.Do({ tab: 1, command: { _tag: "Send", payload: { form: "text", content } } })
        const outcome = yield* page.Do({ tab: 1, command: { _tag: "Listen", endpoint: "127.0.0.1:0" } })
        if (outcome._tag !== "ListeningOn") throw new Error(outcome._tag)
        const address = tcpEndpoint("127.0.0.1", Number(/:(\d+)$/.exec(outcome.endpoint)?.[1]))
        const peer = yield* dialRaw(address, { reads: false })
        yield* Stream.runHead(
          Stream.filter(page.State({ tab: 1 }), (state) => state._tag === "ServerWindow" && state.clients === 1),
        )
        return { ui, peer, send }
      })
      const first = yield* withPeer
      // More bytes than the kernel buffers for a peer that does not read.
      const part = "x".repeat(256 * 1024)
      yield* Effect.forEach(Array.from({ length: 40 }), () => first.send(part), { discard: true })
      yield* first.ui.kill("SIGTERM")
      yield* first.peer.startReading
      expect((yield* first.peer.takeRest).length).toBe(40 * part.length)
      yield* first.peer.halfClose
      expect(yield* first.peer.closed).toEqual(Option.none())
      expect(yield* first.ui.ended).toEqual({ code: 143, signal: null })
      const second = yield* withPeer
      yield* second.peer.startReading
      yield* second.ui.kill("SIGINT")
      // The window has sent FIN, and waits for the FIN of the peer.
      yield* second.peer.takeRest
      yield* second.ui.kill("SIGINT")
      expect(yield* second.ui.ended).toEqual({ code: 130, signal: null })
    }),
  )

  it.scopedLive("starts with a server and a client, which can exchange data, and closes them at its end", () =>
    Effect.gen(function* () {
      const { server, ui } = yield* startUi()
      const page = yield* connectPage(server)
      expect(yield* page.About()).toMatchObject({ attachedTo: "ui", version: expect.stringMatching(/^\d+\.\d+\.\d+$/) })
      const tabs = Option.getOrThrow(yield* Stream.runHead(page.Tabs()))
      expect(tabs.map(({ fixed, kind, tab }) => [tab, kind, fixed])).toEqual([
        [1, "server", false],
        [2, "client", false],
      ])
      const listening = yield* page.Do({ tab: 1, command: { _tag: "Listen", endpoint: "127.0.0.1:0" } })
      if (listening._tag !== "ListeningOn") throw new Error(listening._tag)
      const { endpoint } = listening
      yield* page.Do({ tab: 2, command: { _tag: "Connect", endpoint } })
      yield* Stream.runHead(Stream.filter(page.State({ tab: 2 }), isConnected))
      yield* page.Do({ tab: 2, command: { _tag: "Send", payload: { form: "text", content: "hello\\n" } } })
      const arrived = Stream.filter(page.State({ tab: 1 }), (state) => state.traffic.framesIn === 1)
      yield* Stream.runHead(arrived)
      const rows = yield* page.Rows({ tab: 1, request: { from: 0, count: 100, view: "text" } })
      expect(rows.filter(({ kind }) => kind === "received").map(({ text }) => text)).toEqual(["hello\\n"])
      yield* page.DoLine({ tab: 1, line: "send @all text again" })
      const history = yield* page.History()
      expect(history.map(({ content }) => content)).toEqual(["again", "hello\\n"])
      yield* page.Do({ tab: 1, command: { _tag: "Quit" } })
      expect((yield* ui.ended).code).toBe(0)
    }),
  )

  it.scopedLive("prints one line if its port is in use, and exits with 2", () =>
    Effect.gen(function* () {
      const { port } = yield* tcpfxServe()
      const { code, stderr, stdout } = yield* run(["--ui-port", `${port}`])
      expect({ code, stderr, stdout }).toEqual({
        code: 2,
        stderr: `tcpfx: the page cannot be served on 127.0.0.1:${port}: the port is in use; choose another port with --ui-port, or omit --ui-port for a free port\n`,
        stdout: "",
      })
    }),
  )

  it.scopedLive("refuses a public address without a password or TLS, and a short password", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const file = (name: string, text: string, mode: number) => {
        const path = join(folder, name)
        writeFileSync(path, text)
        chmodSync(path, mode)
        return path
      }
      const good = file("good", "long enough\n", 0o600)
      const refused: ReadonlyArray<readonly [ReadonlyArray<string>, RegExp]> = [
        [
          ["--ui-host", "0.0.0.0"],
          /--ui-host 0\.0\.0\.0: other machines can reach this address; add --ui-password-file or --ui-tls-cert/,
        ],
        [["--ui-host", "::"], /other machines can reach/],
        [["--ui-host", "plant.example"], /other machines can reach/],
        [["--ui-host", "127.0.0.1:80"], /--ui-host: .*without a port/],
        [["--ui-port", "70000"], /--ui-port: .*0 to 65535/],
        [["--ui-tls-key", good], /--ui-tls-key needs the certificate of the key/],
        [["--ui-tls-cert", good], /--ui-tls-cert|TLS/],
        [["--ui-password-file", join(folder, "none")], /none cannot be read: there is no such file/],
        [["--ui-password-file", file("short", "short\n", 0o600)], /fewer than 8 characters/],
        [["--ui-password-file", file("open", "long enough\n", 0o644)], /other users may read/],
        [["9000"], /tcpfx ui takes no arguments: "9000"/],
      ]
      for (const [args, message] of refused) {
        const { code, stderr } = yield* run(args)
        expect([args, code, stderr.trimEnd().split("\n").length]).toEqual([args, 2, 1])
        expect(stderr).toMatch(message)
      }
    }),
  )

  it.scopedLive("asks a browser without the token for the password of the file", () =>
    Effect.gen(function* () {
      const path = join(yield* temporaryFolder, "pw")
      writeFileSync(path, "long enough\n", { mode: 0o600 })
      const { server } = yield* startUi(["--ui-password-file", path])
      expect((yield* request(server, "/")).text).toContain('type="password"')
      const headers = { origin: server.origin, "content-type": "application/x-www-form-urlencoded" }
      const answer = yield* request(server, "/login", { method: "POST", headers, body: "password=long+enough" })
      expect([answer.status, answer.headers.location]).toEqual([303, `/?token=${server.token}`])
    }),
  )

  it.scopedLive("starts a browser with a code that is valid once, not with the token", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const bin = join(folder, "bin")
      mkdirSync(bin)
      const opened = join(folder, "opened")
      // A read of this named pipe waits for the browser.
      execFileSync("mkfifo", [opened])
      writeFileSync(
        join(bin, "xdg-open"),
        `#!/bin/sh
printf '%s' "$1" > ${opened}
`,
        { mode: 0o755 },
      )
      const env = {
        PATH: `${bin}:${process.env["PATH"] ?? ""}`,
        DISPLAY: ":99",
        CI: "",
        SSH_CONNECTION: "",
        SSH_TTY: "",
        XDG_STATE_HOME: folder,
      }
      const ui = yield* tcpfx(["ui"], { env })
      const [address = ""] = yield* ui.waitFor("stdout", /^http:\S+(?=\n)/)
      yield* ui.waitFor("stderr", /the page opens in the browser/)
      const { port, searchParams } = new URL(address)
      const started = yield* Effect.promise(() => fs.readFile(opened, "utf8"))
      expect(started).toMatch(new RegExp(`^http://127\\.0\\.0\\.1:${port}/open\\?code=[\\w-]{22}$`))
      const answer = yield* request({ port: Number(port) }, started.slice(started.indexOf("/open")))
      expect(answer.headers.location).toBe(`/?token=${searchParams.get("token")}`)
    }),
  )

  it.scopedLive("loads and shows the project file of its folder, and saves the projects of its windows", () =>
    Effect.gen(function* () {
      const cwd = yield* temporaryFolder
      const text = [
        "# our devices",
        "rules:",
        "  - name: hello",
        "    when: { contains: hello }",
        "    reply: hi",
        "repeats:",
        "  - every: 1h",
        "    send: { hex: 01 03 }",
        "macros:",
        "  - name: read",
        "    send: { hex: 01 03, checksum: modbus }",
        "",
      ].join("\n")
      writeFileSync(join(cwd, "tcpfx.yaml"), text)
      const { server, ui } = yield* startUi([], { cwd })
      const page = yield* connectPage(server)
      const stateOf = (tab: number) => Effect.map(Stream.runHead(page.State({ tab })), Option.getOrThrow)
      const [first, client] = [yield* stateOf(1), yield* stateOf(2)]
      expect(first.rules.map(({ rule }) => rule.name)).toEqual(["hello"])
      expect([first.repeats.length, client.repeats.length]).toEqual([1, 0])
      expect(client.macros.map(({ name }) => name)).toEqual(["read"])
      expect(yield* page.ProjectFile()).toEqual({ path: join(cwd, "tcpfx.yaml"), text })
      const payload = { form: "text", content: "status" } as const
      yield* page.Do({ tab: 2, command: { _tag: "SaveMacro", macro: { name: "status", payload } } })
      expect(yield* page.SaveProject({})).toBe(join(cwd, "tcpfx.yaml"))
      const saved = yield* page.ProjectFile()
      expect(saved.text.startsWith(text)).toBe(true)
      expect(saved.text.slice(text.length)).toContain("status")
      yield* ui.kill("SIGINT")
      yield* ui.ended
      writeFileSync(join(cwd, "tcpfx.yaml"), "rules: 5\n")
      const { code, stderr } = yield* tcpfxRun(["ui", "--no-open"], "", { cwd })
      expect(code).toBe(2)
      expect(stderr).toMatch(/tcpfx\.yaml:1:/)
      expect(stderr).toMatch(/has mistakes; correct them/)
    }),
  )
})

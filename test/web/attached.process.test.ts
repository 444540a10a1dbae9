import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { tcpfx, tcpfxRun, tcpfxServe } from "../support/tcpfxProcess.ts"
import { temporaryFolder } from "../support/transportFixture.ts"
import { connectPage } from "./support/pageWorld.ts"
import { request } from "./support/request.ts"

/** Runs a command with `--ui`. Returns the process and the calls of its page. */
const startAttached = (args: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const env = { XDG_STATE_HOME: yield* temporaryFolder }
    const command = yield* tcpfx([...args, "--ui", "--no-open"], { env })
    const [, address = ""] = yield* command.waitFor("stderr", /the page is at (http:\S+)$/m)
    const { origin, port, searchParams } = new URL(address)
    const server = { origin, port: Number(port), token: searchParams.get("token") ?? "" }
    return { command, server, page: yield* connectPage(server) }
  })

describe("tcpfx serve --ui, as a process", () => {
  it.scopedLive("shows the same events in the page and in the terminal, and commands of the page in the terminal", () =>
    Effect.gen(function* () {
      const { command, page } = yield* startAttached(["serve", "127.0.0.1:0", "--timestamps", "none"])
      expect(command.text("stderr")).toMatch(/^tcpfx: listening on 127\.0\.0\.1:\d+\n/)
      const [, port = ""] = yield* command.waitFor("stderr", /listening on 127\.0\.0\.1:(\d+)/)
      expect(yield* page.About()).toMatchObject({ attachedTo: "serve" })
      const tabs = Option.getOrThrow(yield* Stream.runHead(page.Tabs()))
      expect(tabs).toEqual([
        { tab: 1, kind: "server", title: `127.0.0.1:${port}`, active: true, busy: true, fixed: true },
      ])
      expect(yield* Effect.flip(page.CloseTab({ tab: 1 }))).toMatchObject({ reason: "forbidden" })
      const client = yield* tcpfx(["connect", "127.0.0.1", port])
      yield* client.write("from the client")
      yield* command.waitFor("stdout", /from the client/)
      const received = Stream.filter(page.State({ tab: 1 }), ({ traffic }) => traffic.framesIn === 1)
      yield* Stream.runHead(received)
      const rows = yield* page.Rows({ tab: 1, request: { from: 0, count: 100, view: "text" } })
      expect(rows.filter(({ kind }) => kind === "received").map(({ text }) => text)).toEqual(["from the client"])
      yield* page.DoLine({ tab: 1, line: "send @all text from the page" })
      yield* command.waitFor("stdout", /from the page/)
      yield* client.waitFor("stdout", /from the page/)
      yield* command.write("from the terminal\n")
      yield* client.waitFor("stdout", /from the terminal/)
      yield* page.Do({ tab: 1, command: { _tag: "Quit" } })
      expect((yield* command.ended).code).toBe(0)
    }),
  )

  it.scopedLive("serves the page in every mode and with every output, and opens further windows", () =>
    Effect.gen(function* () {
      const { command, page, server } = yield* startAttached([
        "serve",
        "127.0.0.1:0",
        "--output",
        "raw",
        "--reply",
        "yes",
      ])
      const [, port = ""] = yield* command.waitFor("stderr", /listening on 127\.0\.0\.1:(\d+)/)
      yield* page.About()
      const { tab } = yield* page.OpenTab({ kind: "client" })
      yield* page.Do({ tab, command: { _tag: "Connect", endpoint: `127.0.0.1:${port}` } })
      yield* page.DoLine({ tab, line: "send text question" })
      yield* command.waitFor("stdout", /^question$/)
      yield* Stream.runHead(Stream.filter(page.State({ tab }), ({ traffic }) => traffic.bytesIn === 3))
      expect((yield* request(server, "/")).status).toBe(403)
      yield* command.kill("SIGTERM")
      expect((yield* command.ended).code).toBe(143)
    }),
  )

  it.scopedLive("refuses flags of the page without --ui, and an address that it cannot serve", () =>
    Effect.gen(function* () {
      const stray = yield* tcpfxRun(["serve", "127.0.0.1:0", "--ui-port", "0"])
      expect([stray.code, stray.stderr]).toEqual([2, "tcpfx: --ui-port needs --ui, which serves the page\n"])
      const open = yield* tcpfxRun(["serve", "127.0.0.1:0", "--ui", "--no-open", "--ui-host", "0.0.0.0"])
      expect([open.code, open.stderr]).toEqual([
        2,
        expect.stringMatching(/^tcpfx: .*other machines can reach this address.*\n$/),
      ])
    }),
  )
})

describe("tcpfx connect --ui, as a process", () => {
  it.scopedLive("keeps the window after the server closes, and connects again from the page", () =>
    Effect.gen(function* () {
      const { port } = yield* tcpfxServe(["--reply", "answer"])
      const endpoint = `127.0.0.1:${port}`
      const { command, page } = yield* startAttached(["connect", endpoint, "--output", "raw"])
      const tabs = Option.getOrThrow(yield* Stream.runHead(page.Tabs()))
      expect(tabs).toMatchObject([{ tab: 1, kind: "client", title: endpoint, fixed: true }])
      const phase = (wanted: string) =>
        Stream.runHead(
          Stream.filter(page.State({ tab: 1 }), (state) => state._tag === "ClientWindow" && state.phase === wanted),
        )
      yield* phase("connected")
      yield* page.About()
      yield* command.write("from the terminal")
      yield* command.waitFor("stdout", /^answer$/)
      yield* page.DoLine({ tab: 1, line: "send text from the page" })
      yield* command.waitFor("stdout", /^answeranswer$/)
      yield* page.Do({ tab: 1, command: { _tag: "Disconnect" } })
      yield* phase("disconnected")
      yield* page.Do({ tab: 1, command: { _tag: "Connect", endpoint } })
      yield* command.write("again")
      yield* command.waitFor("stdout", /^answeranswer(answer)+$/)
      const rows = yield* page.Rows({ tab: 1, request: { from: 0, count: 100, view: "text" } })
      expect(rows.filter(({ kind }) => kind === "sent").map(({ text }) => text)).toEqual([
        "from the terminal",
        "from the page",
        "again",
      ])
      yield* page.Do({ tab: 1, command: { _tag: "Quit" } })
      expect((yield* command.ended).code).toBe(0)
    }),
  )

  it.scopedLive("reports a failure to connect, and keeps running for another attempt", () =>
    Effect.gen(function* () {
      const { command, page } = yield* startAttached(["connect", "127.0.0.1", "1", "--output", "raw"])
      yield* command.waitFor("stderr", /refused/)
      const state = Option.getOrThrow(yield* Stream.runHead(page.State({ tab: 1 })))
      expect(state).toMatchObject({ phase: "disconnected", problem: { code: "ECONNREFUSED" } })
      yield* command.kill("SIGINT")
      expect((yield* command.ended).code).toBe(130)
    }),
  )
})

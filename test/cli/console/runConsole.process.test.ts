import * as fs from "node:fs"
import * as net from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { consoleIn, script } from "../../support/consoleTerminal.ts"
import { haveAll } from "../../support/peers.ts"
import { tcpfxServe } from "../../support/tcpfxProcess.ts"

/** A console of a server, and its port. */
const serving = (args: ReadonlyArray<string> = [], options?: Parameters<typeof consoleIn>[1]) =>
  Effect.gen(function* () {
    const shown = yield* consoleIn(["serve", "127.0.0.1:0", ...args], options)
    const [, port] = yield* shown.until(/listening on 127\.0\.0\.1:(\d+) · 0 clients/)
    return { ...shown, port: Number(port) }
  })

const temporaryFolder = Effect.acquireRelease(
  Effect.sync(() => fs.mkdtempSync(join(tmpdir(), "tcpfx-console-"))),
  (folder) => Effect.sync(() => fs.rmSync(folder, { recursive: true })),
)

const dialled = (port: number, options: Partial<net.NetConnectOpts> = {}) =>
  Effect.acquireRelease(
    Effect.async<net.Socket>((resume) => {
      const socket = net.connect({ port, host: "127.0.0.1", ...options }, () => resume(Effect.succeed(socket)))
    }),
    (socket) => Effect.sync(() => void socket.destroy()),
  )

/** A port on which nothing listens. */
const closedPort = Effect.async<string>((resume) => {
  const server = net.createServer().listen(0, "127.0.0.1", () => {
    const { port } = server.address() as net.AddressInfo
    server.close(() => resume(Effect.succeed(`${port}`)))
  })
})

const received = (socket: net.Socket) =>
  Effect.async<string>((resume) => void socket.once("data", (bytes: Buffer) => resume(Effect.succeed(`${bytes}`))))

describe.skipIf(!haveAll(script))("the console in a terminal", () => {
  it.scopedLive("shows text of two clients whose characters arrive in parts, and sends what is typed", () =>
    Effect.gen(function* () {
      const shown = yield* serving()
      const [one, two] = [yield* dialled(shown.port), yield* dialled(shown.port)]
      yield* shown.until(/ · 2 clients/)
      const bytes = Buffer.from("你好")
      for (let at = 0; at < bytes.length; at++) {
        for (const socket of [one, two]) {
          yield* Effect.async<void>(
            (resume) => void socket.write(bytes.subarray(at, at + 1), () => resume(Effect.void)),
          )
        }
      }
      for (const socket of [one, two]) socket.write("!\n")
      yield* shown.until(/#1 < [^\n]*!\\n[\s\S]*#2 < [^\n]*!\\n|#2 < [^\n]*!\\n[\s\S]*#1 < [^\n]*!\\n/)
      const text = (id: number) =>
        [
          ...shown
            .lines()
            .join("\n")
            .matchAll(new RegExp(`#${id} < (.*)`, "g")),
        ]
          .map(([, part]) => part)
          .join("")
      expect([text(1), text(2)]).toEqual(["你好!\\n", "你好!\\n"])

      const both = Effect.all([received(one), received(two)], { concurrency: 2 })
      yield* shown.type("héllo\r")
      expect(yield* both).toEqual(["héllo\n", "héllo\n"])
      yield* shown.type("/to @2\r")
      yield* shown.until(/^@2> $/m)
      const only = received(two)
      yield* shown.type("only\r")
      expect(yield* only).toBe("only\n")
      yield* shown.type("/quit\r")
      expect((yield* shown.process.ended).code).toBe(0)
    }),
  )

  it.scopedLive("lets no text of a client control the terminal", () =>
    Effect.gen(function* () {
      const shown = yield* serving()
      const client = yield* dialled(shown.port)
      let title = ""
      shown.window.onTitleChange((changed) => {
        title = changed
      })
      client.write("\u001b]0;owned\u0007\u001b[2J\u001b[?1049h\u009b31m\r\u202eabc\n")
      yield* shown.until(/ · 1 client/)
      yield* shown.until(/#1 < \\e\]0;owned\\a\\e\[2J\\e\[\?1049h\\u\{9b\}31m\\r\\u\{202e\}abc\\n/)
      expect([title, shown.window.buffer.active.type]).toEqual(["", "normal"])
      expect(shown.lines().join("\n")).toContain(`listening on 127.0.0.1:${shown.port} · 1 client`)
    }),
  )

  it.scopedLive("gives the terminal back when it ends by a command, by two Ctrl-C and by a signal", () =>
    Effect.forEach(["command", "keys", "signal"] as const, (how) =>
      Effect.gen(function* () {
        const shown = yield* serving([], { after: "stty -a" })
        if (how === "command") yield* shown.type("/quit\r")
        else if (how === "signal") process.kill(shown.pid, "SIGTERM")
        else {
          yield* shown.type("half a line\u0003\u0003")
          yield* shown.until(/press Ctrl-C again to leave/)
          yield* shown.type("\u0003")
        }
        expect([how, (yield* shown.process.ended).code]).toEqual([how, how === "signal" ? 143 : 0])
        expect(shown.process.text("stdout")).toMatch(/\u001b\[\?2004h[\s\S]*\u001b\[\?2004l/)
        expect(shown.process.text("stdout")).toMatch(/ icanon [\s\S]* echo /)
      }),
    ),
  )

  it.scopedLive("paints its footer once when it continues after a stop", () =>
    Effect.gen(function* () {
      const shown = yield* serving([], { before: "set -m", after: "echo stopped; fg" })
      yield* shown.type("\u001a")
      yield* shown.until(/^stopped[\s\S]*^> $/m)
      yield* shown.type("/help quit\r")
      yield* shown.until(/such as: \/quit[\s\S]*^> $/m)
      // A read can end in the middle of a repaint, in which the old footer is still there.
      yield* shown.until(/^(?:(?! · 0 clients)[\s\S])* · 0 clients(?![\s\S]* · 0 clients)[\s\S]*$/)
      yield* shown.type("/quit\r")
      yield* shown.process.ended
    }),
  )

  it.scopedLive("shows the drain when the user leaves, and ends at once when the user leaves again", () =>
    Effect.gen(function* () {
      const shown = yield* serving(["--drain", "600"])
      // This client does not close its side after the FIN of the server.
      yield* dialled(shown.port, { allowHalfOpen: true })
      yield* shown.until(/ · 1 client/)
      yield* shown.type("\u0003\u0003")
      yield* shown.until(/draining 1 connection for up to /)
      yield* shown.type("\u0003\u0003")
      expect((yield* shown.process.ended).code).toBe(130)
    }),
  )

  it.scopedLive("stops no socket when the terminal takes nothing, and ends at a signal", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const shown = yield* serving(["--drain", "1"], { after: `echo $code >'${folder}/code'` })
      const client = yield* dialled(shown.port)
      yield* shown.until(/1 client/)
      shown.process.child.stdout.pause()
      // The buffers of the sockets, of the terminal and of the console together are much smaller than 40 MB.
      const lines = Buffer.from(`${"x".repeat(1499)}\n`.repeat(1000))
      for (let sent = 0; sent < 40_000_000; sent += lines.length) {
        yield* Effect.async<void>((resume) => void client.write(lines, () => resume(Effect.void)))
      }
      const ended = Effect.async<void>((resume) => {
        const watcher = fs.watch(folder, () => resume(Effect.void))
        return Effect.sync(() => watcher.close())
      })
      const fiber = yield* Effect.fork(ended)
      yield* Effect.yieldNow()
      process.kill(shown.pid, "SIGTERM")
      yield* Fiber.join(fiber)
    }),
  )

  it.scopedLive("of connect shows the end of the connection, and connects again", () =>
    Effect.gen(function* () {
      const { port } = yield* tcpfxServe(["--reply", "pong\\n"])
      const shown = yield* consoleIn(["connect", `${port}`])
      yield* shown.until(/^connected to /m)
      yield* shown.type("ping\r")
      yield* shown.until(/< pong\\n/)
      yield* shown.type("/disconnect\r")
      yield* shown.until(/^disconnected /m)
      yield* shown.type("/reconnect\r")
      yield* shown.until(/^connected to /m)
      yield* shown.type("\u0004")
      yield* shown.until(/^disconnected /m)
      yield* shown.type("\u0004")
      expect((yield* shown.process.ended).code).toBe(0)
    }),
  )

  it.scopedLive("of connect --ui stays when the first connection is refused, and shows its window with the page", () =>
    Effect.gen(function* () {
      const { port } = yield* tcpfxServe(["--reply", "pong\\n"])
      const shown = yield* consoleIn(["connect", yield* closedPort, "--ui", "--ui-port", "0", "--no-open"])
      yield* shown.until(/the page is at http:/)
      yield* shown.until(/^disconnected /m)
      expect(
        shown
          .lines()
          .join("\n")
          .match(/cannot connect/g),
      ).toHaveLength(1)
      yield* shown.type(`/connect ${port}\r`)
      yield* shown.until(/^connected to /m)
      yield* shown.type("ping\r")
      yield* shown.until(/< pong\\n/)
    }),
  )

  it.scopedLive("listens a second time where it was started, and says once why it cannot", () =>
    Effect.gen(function* () {
      const shown = yield* serving()
      const taken = yield* tcpfxServe([])
      yield* shown.type("/listen\r")
      yield* shown.until(/listening on 127\.0\.0\.1:\d+, 127\.0\.0\.1:\d+ · 0 clients/)
      yield* shown.type("/listen\r")
      yield* shown.until(/listening on 127\.0\.0\.1:\d+ and 2 more · 0 clients/)
      yield* shown.type(`/listen ${taken.port}\r/stats\r`)
      yield* shown.until(/log: \d+ rows/)
      expect(
        shown
          .lines()
          .join("\n")
          .match(/cannot listen on/g),
      ).toHaveLength(1)
    }),
  )

  it.scopedLive("of connect ends with the reason when the first connection is refused", () =>
    Effect.gen(function* () {
      const shown = yield* consoleIn(["connect", yield* closedPort])
      expect((yield* shown.process.ended).code).toBe(1)
      expect(shown.process.text("stdout")).toMatch(/tcpfx: cannot connect to [^\r\n]*: connection refused/)
    }),
  )
})

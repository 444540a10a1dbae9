import { execFileSync } from "node:child_process"
import * as fs from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { tcpEndpoint } from "../../../src/domain/index.ts"
import { temporaryFolder } from "../../support/folders.ts"
import { dialRaw } from "../../support/rawPeer.ts"
import { expectServeRefuses, tcpfxRun, tcpfxServe } from "../../support/tcpfxProcess.ts"
import { whenCreated } from "../../support/whenCreated.ts"

const local = (port: number) => tcpEndpoint("127.0.0.1", port)

const read = (path: string) => fs.readFileSync(path, "utf8")

const eventsIn = (path: string): ReadonlyArray<{ readonly _tag: string; readonly text?: string }> =>
  read(path)
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line))

const textsIn = (path: string) => eventsIn(path).flatMap(({ text }) => text ?? [])

const withoutTimes = (dump: string) => dump.replace(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} /gm, "")

/** Sends a text to a server that replies with `yes`, and waits for the reply and for the end of the connection. */
const ask = (port: number, text: string) =>
  Effect.gen(function* () {
    const peer = yield* dialRaw(local(port))
    yield* peer.send(text)
    yield* peer.expect("yes")
    yield* peer.halfClose
    yield* peer.takeRest
  }).pipe(Effect.scoped)

const reply = ["--reply", "yes"]

describe("the files of tcpfx serve", () => {
  it.scopedLive("have the received bytes, a hex dump and the events, complete after SIGTERM", () =>
    Effect.gen(function* () {
      const cwd = yield* temporaryFolder
      const { server, port } = yield* tcpfxServe(["-o", "raw", "-x", "dump", "--log", "log", ...reply], { cwd })
      yield* ask(port, "hello\n\0")
      yield* server.kill("SIGTERM")
      expect((yield* server.ended).code).toBe(143)
      expect(read(join(cwd, "raw"))).toBe("hello\n\0")
      expect(withoutTimes(read(join(cwd, "dump")))).toBe(
        [
          "#1 < 7 bytes",
          "00000000  68 65 6C 6C 6F 0A 00                              |hello..|",
          "#1 > 3 bytes",
          "00000000  79 65 73                                          |yes|",
          "",
        ].join("\n"),
      )
      expect(eventsIn(join(cwd, "log")).map(({ _tag }) => _tag)).toEqual([
        ...["Listening", "ConnectionOpened", "FrameReceived", "FrameSent", "ConnectionHalfClosed", "ConnectionClosed"],
        ...["ListenStopped", "DrainStarted", "DrainFinished"],
      ])
      expect(fs.statSync(join(cwd, "raw")).mode & 0o777).toBe(0o600)
    }),
  )

  it.scopedLive("are complete after a second signal", () =>
    Effect.gen(function* () {
      const cwd = yield* temporaryFolder
      const { server, port } = yield* tcpfxServe(["-o", "raw", "--log", "log", "--drain", "60"], {
        cwd,
      })
      const peer = yield* dialRaw(local(port))
      yield* peer.send("xxx")
      yield* server.waitFor("stdout", /xxx/)
      // The drain waits for the FIN of the client.
      yield* server.kill("SIGTERM")
      yield* server.waitFor("stderr", /draining/)
      yield* server.kill("SIGTERM")
      expect((yield* server.ended).code).toBe(143)
      expect(read(join(cwd, "raw"))).toBe("xxx")
      expect(eventsIn(join(cwd, "log")).map(({ _tag }) => _tag)).toContain("DrainStarted")
    }),
  )

  it.scopedLive("continue after a rename and SIGUSR1 or SIGHUP, and the renamed files stay complete", () =>
    Effect.gen(function* () {
      const cwd = yield* temporaryFolder
      const { server, port } = yield* tcpfxServe(["-o", "raw", "--log", "log", ...reply], { cwd })
      for (const signal of ["SIGUSR1", "SIGHUP"] as const) {
        yield* ask(port, `before ${signal}`)
        for (const name of ["raw", "log"]) fs.renameSync(join(cwd, name), join(cwd, `${name}.${signal}`))
        const created = whenCreated(cwd, ["raw", "log"])
        yield* server.kill(signal)
        yield* created
      }
      yield* ask(port, "after both")
      yield* server.kill("SIGTERM")
      yield* server.ended
      expect(read(join(cwd, "raw.SIGUSR1"))).toBe("before SIGUSR1")
      expect(read(join(cwd, "raw.SIGHUP"))).toBe("before SIGHUP")
      expect(read(join(cwd, "raw"))).toBe("after both")
      expect(textsIn(join(cwd, "log.SIGUSR1"))).toEqual(["before SIGUSR1", "yes"])
      expect(textsIn(join(cwd, "log"))).toEqual(["after both", "yes"])
    }),
  )

  it.scopedLive("are one for each client with %id, of which at most 16 are open", () =>
    Effect.gen(function* () {
      const cwd = yield* temporaryFolder
      const { server, port } = yield* tcpfxServe(["-o", "c-%id-%%", "-x", "%id.txt", "--drain", "0", ...reply], { cwd })
      const peers = yield* Effect.forEach(Array.from({ length: 40 }), () => dialRaw(local(port)))
      for (const round of [1, 2]) {
        for (const [index, peer] of peers.entries()) {
          yield* peer.send(`${index + 1}:${round} `)
          yield* peer.take(3)
        }
      }
      const links = fs.readdirSync(`/proc/${server.child.pid}/fd`).map((fd) => {
        try {
          return fs.readlinkSync(`/proc/${server.child.pid}/fd/${fd}`)
        } catch {
          return ""
        }
      })
      expect(links.filter((path) => path.startsWith(join(cwd, "c-"))).length).toBeLessThanOrEqual(16)
      yield* server.kill("SIGTERM")
      yield* server.ended
      for (const index of peers.keys()) {
        expect(read(join(cwd, `c-${index + 1}-%`))).toBe(`${index + 1}:1 ${index + 1}:2 `)
        expect(read(join(cwd, `${index + 1}.txt`)).match(/ [<>] /g)?.length).toBe(4)
      }
    }),
  )

  it.scopedLive("delay nothing as a pipe without a reader, and a later reader gets what waits", () =>
    Effect.gen(function* () {
      const cwd = yield* temporaryFolder
      execFileSync("mkfifo", [join(cwd, "pipe")])
      const { server, port } = yield* tcpfxServe(["-o", "pipe", "--mode", "discard", "--no-traffic"], { cwd })
      const peer = yield* dialRaw(local(port))
      yield* peer.send("x".repeat(1_000_000))
      yield* peer.halfClose
      yield* peer.takeRest
      const got = yield* Effect.promise(
        () =>
          new Promise<number>((resolve) => {
            let bytes = 0
            const stream = fs.createReadStream(join(cwd, "pipe"))
            stream.on("data", (chunk) => {
              bytes += chunk.length
              if (bytes === 1_000_000) stream.destroy()
            })
            stream.on("close", () => resolve(bytes))
          }),
      )
      expect(got).toBe(1_000_000)
      yield* server.kill("SIGTERM")
      yield* server.ended
      expect(server.text("stderr")).not.toContain("missing")
    }),
  )

  it.scopedLive(
    "that cannot be written are named once, are written when it is possible again, and delay no client",
    () =>
      Effect.gen(function* () {
        const cwd = yield* temporaryFolder
        fs.mkdirSync(join(cwd, "sub"))
        const { server, port } = yield* tcpfxServe(["-o", "sub/%id", ...reply], { cwd })
        fs.rmdirSync(join(cwd, "sub"))
        yield* ask(port, "first")
        yield* server.waitFor("stderr", /^tcpfx: --output-file: sub\/1 cannot be written: .*tries again every second$/m)
        yield* ask(port, "second")
        fs.mkdirSync(join(cwd, "sub"))
        yield* server.waitFor("stderr", /^tcpfx: --output-file: sub\/\d is written again; nothing is missing$/m)
        yield* server.kill("SIGTERM")
        yield* server.ended
        expect([read(join(cwd, "sub/1")), read(join(cwd, "sub/2"))]).toEqual(["first", "second"])
        expect(server.text("stderr").match(/cannot be written/g)?.length).toBe(1)
      }),
  )

  it.scopedLive("on a full disk are counted at the end, and the other files are complete", () =>
    Effect.gen(function* () {
      const cwd = yield* temporaryFolder
      const { server, port } = yield* tcpfxServe(["-o", "/dev/full", "--log", "log", "--drain", "0", ...reply], { cwd })
      yield* ask(port, "four")
      yield* server.waitFor("stderr", /^tcpfx: --output-file: \/dev\/full cannot be written: the disk is full; /m)
      yield* server.kill("SIGTERM")
      yield* server.ended
      expect(server.text("stderr")).toContain("tcpfx: --output-file: 4 bytes are missing in /dev/full\n")
      expect(eventsIn(join(cwd, "log")).at(-1)?._tag).toBe("DrainFinished")
    }),
  )

  it.scopedLive("begin anew when the server listens, and not when its port is taken", () =>
    Effect.gen(function* () {
      const cwd = yield* temporaryFolder
      const { server, port } = yield* tcpfxServe(["-o", "raw", "-x", "dump", ...reply], { cwd })
      yield* ask(port, "first")
      const second = yield* tcpfxRun(["serve", `127.0.0.1:${port}`, "-o", "raw"], "", { cwd })
      expect(second.code).toBe(2)
      yield* server.kill("SIGTERM")
      yield* server.ended
      expect(read(join(cwd, "raw"))).toBe("first")
      for (const [more, left] of [
        [["--append-output"], "first"],
        [[], ""],
      ] as const) {
        const next = yield* tcpfxServe(["-o", "raw", ...more], { cwd })
        yield* next.server.kill("SIGTERM")
        yield* next.server.ended
        expect(read(join(cwd, "raw"))).toBe(left)
      }
    }),
  )

  it.scopedLive("can have control characters in their names, which messages escape", () =>
    Effect.gen(function* () {
      const cwd = yield* temporaryFolder
      const { server, port } = yield* tcpfxServe(["-o", "a\n\u001b[31mb%id", "--drain", "0", ...reply], { cwd })
      fs.mkdirSync(join(cwd, "a\n\u001b[31mb2"))
      yield* ask(port, "one")
      yield* ask(port, "two")
      yield* server.waitFor("stderr", /^tcpfx: --output-file: a\\n\\e\[31mb2 cannot be written: it is a folder/m)
      yield* server.kill("SIGTERM")
      yield* server.ended
      expect(read(join(cwd, "a\n\u001b[31mb1"))).toBe("one")
    }),
  )

  it.scopedLive("are refused at the start with the reason", () =>
    Effect.gen(function* () {
      const cwd = yield* temporaryFolder
      const path = (name: string) => join(cwd, name)
      execFileSync("mkfifo", [path("pipe")])
      fs.symlinkSync(path("same"), path("link"))
      yield* expectServeRefuses([
        [["-o", cwd], /^tcpfx: --output-file: .* cannot be written: it is a folder$/m],
        [["-x", path("no/file")], /^tcpfx: --hex-dump: .* cannot be written: its folder does not exist$/m],
        [["-o", path("no/%id")], /^tcpfx: --output-file: the folder .* does not exist$/m],
        [["-o", path("%id/file")], /a folder has %id in its name/],
        [["-o", "-"], /expected a path \(\.\/- for a file with that name\)$/m],
        [["-o", "50%"], /expected %id for the number of the client, or %% for a percent sign$/m],
        [["--log", path("%id")], /^tcpfx: --log: %id is for -o and -x/m],
        [["-o", path("same"), "--log", path("link")], /^tcpfx: --log: .* is the file of --output-file too/m],
        [["--deny-file", path("same"), "-x", path("link")], /^tcpfx: --hex-dump: .* is the file of --deny-file too/m],
        [["--log", path("pipe"), "--log-daily"], /^tcpfx: --log-daily: .* is not a regular file/m],
        [["--log", path("log"), "--log-max", "1k"], /expected at least 4 KiB$/m],
        [["--log", path("log"), "--log-daily", "--log-keep", "1001"], /expected 1 to 1000$/m],
      ])
    }),
  )
})

describe("the files of tcpfx connect", () => {
  it.scopedLive("have the bytes of the server, both directions and the events", () =>
    Effect.gen(function* () {
      const cwd = yield* temporaryFolder
      const { port } = yield* tcpfxServe(reply)
      const files = ["-o", "raw", "-x", "dump", "--log", "log"]
      const run = yield* tcpfxRun(["connect", `127.0.0.1:${port}`, "--send", "hi", ...files], "", { cwd })
      expect([run.code, run.stdout]).toEqual([0, "yes"])
      expect(read(join(cwd, "raw"))).toBe("yes")
      expect(withoutTimes(read(join(cwd, "dump"))).split("\n")).toEqual([
        "> 2 bytes",
        "00000000  68 69                                             |hi|",
        "< 3 bytes",
        "00000000  79 65 73                                          |yes|",
        "",
      ])
      expect(textsIn(join(cwd, "log"))).toEqual(["hi", "yes"])
      const refused = yield* tcpfxRun(["connect", `127.0.0.1:${port}`, "-o", "%id"], "", { cwd })
      expect([refused.code, refused.stderr]).toEqual([
        2,
        "tcpfx: --output-file: %id is for tcpfx serve; this command is one client\n",
      ])
    }),
  )
})

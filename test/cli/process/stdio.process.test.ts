import { readFileSync, renameSync, statSync, truncateSync, writeFileSync } from "node:fs"
import * as net from "node:net"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { tcpEndpoint } from "../../../src/domain/index.ts"
import { poll } from "../../support/kernel.ts"
import { haveAll } from "../../support/peers.ts"
import { dialRaw } from "../../support/rawPeer.ts"
import { type Process, start, tcpfxRun, tcpfxServe } from "../../support/tcpfxProcess.ts"
import { temporaryFolder } from "../../support/transportFixture.ts"

const bin = fileURLToPath(new URL("../../../bin/tcpfx.cjs", import.meta.url))
const local = (port: number) => tcpEndpoint("127.0.0.1", port)

/** Runs a line of bash with `tcpfx` as a command. */
const bash = (line: string, cwd?: string) =>
  start("bash", ["-c", `tcpfx() { "${process.execPath}" "${bin}" "$@"; }; ${line}`], cwd === undefined ? {} : { cwd })

const outcome = (running: Process) =>
  Effect.map(running.ended, ({ code }) => ({ code, stdout: running.text("stdout"), stderr: running.text("stderr") }))

/** A server that sends some bytes to each client, and then FIN if `ends` is set. */
const sender = (bytes: Uint8Array, ends: boolean) =>
  Effect.acquireRelease(
    Effect.async<{ readonly port: number; readonly closed: Effect.Effect<void>; readonly server: net.Server }>(
      (resume) => {
        let close = () => {}
        const closed = new Promise<void>((resolve) => {
          close = resolve
        })
        const server = net.createServer((socket) => {
          socket.on("error", () => {}).on("close", close)
          socket.resume()
          if (ends) socket.end(bytes)
          else socket.write(bytes)
        })
        server.listen(0, "127.0.0.1", () => {
          const { port } = server.address() as net.AddressInfo
          resume(Effect.succeed({ port, closed: Effect.promise(() => closed), server }))
        })
      },
    ),
    ({ server }) => Effect.sync(() => void server.close()),
  )

// O_NONBLOCK (fcntl(2)).
const isNonBlocking = (pid: number | undefined, fd: number): boolean => {
  const flags = /^flags:\s*([0-7]+)/m.exec(readFileSync(`/proc/${pid}/fdinfo/${fd}`, "utf8"))?.[1] ?? ""
  return (Number.parseInt(flags, 8) & 0o4000) !== 0
}

describe("output for a late reader", () => {
  it.scopedLive("arrives completely: the queue of a pipe is delivered before the process ends", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const { closed, port } = yield* sender(new Uint8Array(75_000).fill(0x61), true)
      const reading = yield* bash(
        `mkfifo gate; (tcpfx connect ${port} </dev/null; echo "rc $?" >&2) | (read -r _ <gate; wc -c)`,
        folder,
      )
      yield* closed
      writeFileSync(join(folder, "gate"), "\n")
      expect(yield* outcome(reading)).toEqual({ code: 0, stdout: "75000\n", stderr: "rc 0\n" })
    }),
  )

  it.scopedLive(
    "is dropped after the deadline if the reader takes nothing, and the number of lost bytes is reported",
    () =>
      Effect.gen(function* () {
        const { server, port } = yield* tcpfxServe(["--mode", "echo", "--output", "json", "--drain", "0"])
        yield* Effect.sync(() => server.child.stdout.pause())
        const client = yield* dialRaw(local(port))
        // More than the kernel buffers for a reader, and less than the bound at which the client stops reading.
        yield* Effect.fork(client.send(new Uint8Array(1_000_000)))
        yield* client.take(1_000_000)
        yield* server.kill("SIGTERM")
        expect((yield* server.exited).code).toBe(143)
        yield* Effect.sync(() => server.child.stdout.resume())
        yield* server.ended
        expect(server.text("stderr")).toMatch(
          /^tcpfx: [1-9]\d* bytes of standard output are lost: their reader did not take them$/m,
        )
      }),
  )
})

describe("the end of the reader of standard output", () => {
  it.scopedLive("ends connect with 0 even without more output: a pipe", () =>
    Effect.gen(function* () {
      const { closed, port } = yield* sender(Buffer.from("first\n"), false)
      const reading = yield* bash(`tcpfx connect ${port} </dev/null | head -1; echo "rc \${PIPESTATUS[0]}"`)
      yield* closed
      expect(yield* outcome(reading)).toEqual({ code: 0, stdout: "first\nrc 0\n", stderr: "" })
    }),
  )

  it.scopedLive("ends connect with 0 even without more output: a socket", () =>
    Effect.gen(function* () {
      const { port } = yield* sender(Buffer.from("first\n"), false)
      const client = yield* start(process.execPath, [bin, "connect", `${port}`])
      yield* client.waitFor("stdout", /first/)
      yield* Effect.sync(() => client.child.stdout.destroy())
      expect(yield* client.ended).toEqual({ code: 0, signal: null })
    }),
  )

  it.scopedLive("is a clean end for the help too", () =>
    Effect.gen(function* () {
      const helped = yield* bash(`exec 3> >(true); wait $!; tcpfx serve --help >&3; echo "rc $?"`)
      expect(yield* outcome(helped)).toEqual({ code: 0, stdout: "rc 0\n", stderr: "" })
    }),
  )
})

describe("descriptors shared with other programs", () => {
  it.scopedLive("keep their mode: pipes and sockets stay blocking while tcpfx reads and writes them", () =>
    Effect.gen(function* () {
      const { port } = yield* tcpfxServe(["--mode", "echo"])
      const folder = yield* temporaryFolder
      const piped = yield* bash(
        `(echo piped; cat) | (echo $BASHPID >pid; exec "${process.execPath}" "${bin}" connect ${port}) 2>&1 | cat`,
        folder,
      )
      const direct = yield* start(process.execPath, [bin, "connect", `${port}`])
      yield* direct.write("direct\n")
      yield* direct.waitFor("stdout", /direct/)
      yield* piped.waitFor("stdout", /piped/)
      const pids = [Number(readFileSync(join(folder, "pid"), "utf8")), direct.child.pid]
      // A socket is non-blocking only during a single write of tcpfx.
      const areBlocking = () => pids.every((pid) => [0, 1, 2].every((fd) => !isNonBlocking(pid, fd)))
      yield* poll("all of them are blocking", () => (areBlocking() ? true : undefined))
      yield* piped.endInput
      yield* direct.endInput
      expect([(yield* piped.ended).code, (yield* direct.ended).code]).toEqual([0, 0])
    }),
  )

  it.scopedLive("keep their position: the output of other programs in the same file stays", () =>
    Effect.gen(function* () {
      const { port } = yield* tcpfxServe(["--mode", "echo"])
      const folder = yield* temporaryFolder
      const all = yield* bash(`(echo first; echo middle | tcpfx connect ${port}; echo last) >file`, folder)
      yield* all.ended
      expect(readFileSync(join(folder, "file"), "utf8")).toBe("first\nmiddle\nlast\n")
    }),
  )
})

describe.skipIf(!haveAll({ program: "script", known: /--command/, dial: () => [] }))(
  "a terminal that takes nothing",
  () => {
    it.scopedLive("stops no socket: other clients are served, and the process ends at its deadline", () =>
      Effect.gen(function* () {
        const folder = yield* temporaryFolder
        const command = `'${process.execPath}' '${bin}' serve 0 --mode echo --drain 0; echo $? >code`
        const terminal = yield* start("script", ["-qefc", command, "/dev/null"], { cwd: folder, env: { TERM: "dumb" } })
        const [, port = ""] = yield* terminal.waitFor("stdout", /listening on 127\.0\.0\.1:(\d+)/)
        yield* Effect.sync(() => terminal.child.stdout.pause())
        const noisy = yield* dialRaw(local(Number(port)))
        const noise = Buffer.alloc(1_000_000, "some text for the terminal\n")
        yield* Effect.fork(noisy.send(noise))
        yield* noisy.take(noise.length)
        const other = yield* dialRaw(local(Number(port)))
        yield* other.send("ping")
        yield* other.expect("ping")
      }),
    )
  },
)

describe("a file as standard output", () => {
  it.scopedLive("that cannot grow ends the command with 1, the reason and whole lines only", () =>
    Effect.gen(function* () {
      const { port } = yield* tcpfxServe(["--mode", "echo"])
      const folder = yield* temporaryFolder
      writeFileSync(join(folder, "lines"), `${"x".repeat(99)}\n`.repeat(400))
      const limited = (output: string) =>
        Effect.gen(function* () {
          const line = `ulimit -f 16; tcpfx connect ${port} --frame line --output ${output} <lines >${output}`
          const { code, stderr } = yield* outcome(yield* bash(line, folder))
          expect(code).toBe(1)
          expect(stderr).toMatch(/standard output cannot be written \(.*ulimit -f.*EFBIG\)\n$/)
          return readFileSync(join(folder, output), "utf8")
        })
      const lines = yield* limited("json")
      expect(lines.length).toBeGreaterThan(15_000)
      expect(lines.endsWith("}\n")).toBe(true)
      expect((yield* limited("raw")).length).toBe(16_384)
    }),
  )

  it.scopedLive(
    "begins at its start after a truncation, is opened anew by SIGHUP and SIGUSR1, and neither ends serve",
    () =>
      Effect.gen(function* () {
        const folder = yield* temporaryFolder
        const log = join(folder, "log")
        const server = yield* bash(`exec "${process.execPath}" "${bin}" serve 127.0.0.1:0 --output json >log`, folder)
        const [, port = ""] = yield* server.waitFor("stderr", /listening on 127\.0\.0\.1:(\d+)/)
        const logged = (text: string) =>
          Effect.gen(function* () {
            const client = yield* dialRaw(local(Number(port)))
            yield* client.send(text)
            yield* client.halfClose
            yield* client.takeRest
            yield* poll(`${text} is in the log`, () =>
              readFileSync(log, "utf8").includes(`"text":"${text}"`) ? true : undefined,
            )
          })
        yield* logged("one")
        truncateSync(log)
        yield* logged("two")
        expect(readFileSync(log, "utf8")).toMatch(/^\{/)
        for (const signal of ["SIGHUP", "SIGUSR1"] as const) {
          const { ino } = statSync(log)
          renameSync(log, join(folder, `before.${signal}`))
          yield* server.kill(signal)
          yield* poll("there is a new log", () =>
            (statSync(log, { throwIfNoEntry: false })?.ino ?? ino) === ino ? undefined : true,
          )
          yield* logged(signal)
          expect(readFileSync(join(folder, `before.${signal}`), "utf8")).not.toContain(`"text":"${signal}"`)
        }
        yield* server.kill("SIGTERM")
        expect((yield* server.ended).code).toBe(143)
      }),
  )
})

describe("SIGUSR1 and SIGUSR2", () => {
  it.scopedLive("neither open Node's inspector port nor end the process", () =>
    Effect.gen(function* () {
      const { server, port } = yield* tcpfxServe(["--mode", "echo"])
      yield* server.kill("SIGUSR1")
      yield* server.kill("SIGUSR2")
      const client = yield* dialRaw(local(port))
      yield* client.send("here")
      yield* client.expect("here")
      expect(server.text("stderr")).not.toContain("Debugger")
    }),
  )
})

describe("a directory as standard input", () => {
  it.scopedLive("ends connect with 2 and the reason", () =>
    Effect.gen(function* () {
      const { port } = yield* tcpfxServe(["--mode", "echo"])
      const { code, stderr } = yield* outcome(yield* bash(`tcpfx connect ${port} </`))
      expect(code).toBe(2)
      expect(stderr).toBe("tcpfx: standard input cannot be read (it is a directory, EISDIR)\n")
    }),
  )
})

describe("a terminal that is gone", () => {
  it.scopedLive("ends serve with 129 and without a message", () =>
    Effect.gen(function* () {
      const program = [
        "import os, pty, sys",
        "pid, fd = pty.fork()",
        "if pid == 0: os.execv(sys.argv[1], sys.argv[1:])",
        "said = b''",
        "while b'listening on' not in said: said += os.read(fd, 4096)",
        "os.close(fd)",
        "print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))",
      ].join("\n")
      const closed = yield* start("python3", ["-c", program, process.execPath, bin, "serve", "127.0.0.1:0"])
      expect(yield* outcome(closed)).toEqual({ code: 0, stdout: "129\n", stderr: "" })
    }),
  )
})

it.scopedLive("standard input that is empty, closed or /dev/null is not an error", () =>
  Effect.gen(function* () {
    const { port } = yield* tcpfxServe(["--mode", "echo"])
    const empty = yield* outcome(yield* bash(`tcpfx connect ${port} </dev/null && tcpfx connect ${port} <&-`))
    expect(empty).toEqual({ code: 0, stdout: "", stderr: "" })
    expect((yield* tcpfxRun(["connect", `${port}`])).code).toBe(0)
  }),
)

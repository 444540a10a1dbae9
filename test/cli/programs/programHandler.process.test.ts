import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { tcpEndpoint } from "../../../src/domain/index.ts"
import { poll, residentBytes, untilStill } from "../../support/kernel.ts"
import { dialRaw } from "../../support/rawPeer.ts"
import { expectServeRefuses, type StartOptions, tcpfxRun, tcpfxServe } from "../../support/tcpfxProcess.ts"
import { string } from "../../support/texts.ts"

const MiB = 1024 * 1024

/** A server that runs a program for each connection. */
const serving = (args: ReadonlyArray<string>, options?: StartOptions) =>
  Effect.map(tcpfxServe(["--timestamps", "none", ...args], options), ({ port, server }) => ({
    server,
    port,
    dial: (reads: boolean = true) => dialRaw(tcpEndpoint("127.0.0.1", port), { reads }),
  }))

const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "tcpfx-programs-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true })),
)

/** `true` after the process has ended and its parent has been notified, else `undefined`. */
const isGone = (pid: number): true | undefined => {
  try {
    process.kill(pid, 0)
    return undefined
  } catch {
    return true
  }
}

describe("a program of --exec or --sh-exec", () => {
  it.scopedLive("runs once for each client, and each client gets what its own program writes", () =>
    Effect.gen(function* () {
      const { dial } = yield* serving(["-e", "/bin/cat"])
      const [one, other] = [yield* dial(), yield* dial()]
      const bytes = Buffer.alloc(MiB, "x")
      yield* one.send("first\n")
      yield* other.send(bytes)
      yield* one.send("again\n")
      yield* one.expect("first\nagain\n")
      yield* other.expect(bytes)
    }),
  )

  it.scopedLive("gets the end of its input with the FIN of the client, and FIN follows its output", () =>
    Effect.gen(function* () {
      const { dial, server } = yield* serving(["-c", "wc -c | tr -d ' '; exit 3"])
      const client = yield* dial()
      yield* client.send("hello")
      yield* client.halfClose
      expect(string(yield* client.takeRest)).toBe("5\n")
      yield* server.waitFor("stderr", /^tcpfx: program \d+ of #1 ended with 3$/m)
    }),
  )

  it.scopedLive("may end before its client, which gets FIN although it goes on sending", () =>
    Effect.gen(function* () {
      const { dial, server } = yield* serving(["-e", "head -n 1"])
      const client = yield* dial()
      yield* client.send("one\ntwo\n")
      yield* client.send(Buffer.alloc(4 * MiB, "x"))
      expect(string(yield* client.takeRest)).toBe("one\n")
      yield* server.waitFor("stderr", /program \d+ of #1 ended with 0$/m)
    }),
  )

  it.scopedLive("has the addresses of its connection in variables with the names of ncat and of tcpfx", () =>
    Effect.gen(function* () {
      const names = ["REMOTE_ADDR", "REMOTE_PORT", "LOCAL_ADDR", "LOCAL_PORT", "PROTO"]
      const list = ["NCAT", "TCPFX"].flatMap((prefix) => names.map((name) => `$${prefix}_${name}`)).join(" ")
      const { dial, port, server } = yield* serving(["-c", `echo "${list} $TCPFX_CONNECTION"`])
      const client = yield* dial()
      const [, from] = yield* server.waitFor("stderr", /#1 connected from 127\.0\.0\.1:(\d+)/)
      const ends = `127.0.0.1 ${from} 127.0.0.1 ${port} TCP`
      expect(string(yield* client.takeRest)).toBe(`${ends} ${ends} 1\n`)
    }),
  )

  it.scopedLive("writes to standard error as lines with its number and client, without control characters", () =>
    Effect.gen(function* () {
      const { dial, server } = yield* serving(["-c", "printf 'bad \\033[31m\\nlast' >&2"])
      yield* dial()
      yield* server.waitFor("stderr", /^tcpfx: program \d+ of #1: bad \\e\[31m$/m)
      yield* server.waitFor("stderr", /^tcpfx: program \d+ of #1: last$/m)
    }),
  )

  it.scopedLive("that does not read stops its client, and loses nothing when it reads later", () =>
    Effect.gen(function* () {
      const cwd = yield* folder
      const { dial, server } = yield* serving(
        ["--no-traffic", "-c", "while [ ! -e go ]; do sleep 0.05; done; wc -c | tr -d ' '"],
        { cwd },
      )
      const client = yield* dial()
      const bytes = Buffer.alloc(MiB, "x")
      for (let count = 0; count < 256; count++) yield* client.send(bytes)
      const pid = server.child.pid ?? 0
      expect(yield* untilStill("the memory of the server", () => residentBytes(pid))).toBeLessThan(200 * MiB)
      writeFileSync(join(cwd, "go"), "")
      yield* client.halfClose
      expect(string(yield* client.takeRest)).toBe(`${256 * MiB}\n`)
    }),
  )

  it.scopedLive("is stopped by a client that does not read, and ended when the client resets the connection", () =>
    Effect.gen(function* () {
      const { dial, server } = yield* serving(["--no-traffic", "-c", "exec yes 2>/dev/null"])
      const client = yield* dial(false)
      const pid = server.child.pid ?? 0
      expect(yield* untilStill("the memory of the server", () => residentBytes(pid))).toBeLessThan(200 * MiB)
      yield* client.reset
      yield* server.waitFor("stderr", /program \d+ of #1 (was ended by SIGTERM|ended with 1)$/m)
    }),
  )

  it.scopedLive("that ignores SIGTERM is killed with its children after its connection has ended", () =>
    Effect.gen(function* () {
      const { dial, server } = yield* serving(["-c", 'trap "" TERM; sleep 1000 & echo $!; while :; do sleep 0.1; done'])
      const client = yield* dial()
      yield* server.waitFor("stdout", /#1 > \d+/)
      const [, child] = yield* server.waitFor("stdout", /#1 > (\d+)\\n/)
      yield* client.reset
      yield* server.waitFor("stderr", /program \d+ of #1 was ended by SIGKILL$/m)
      yield* poll("the end of the child", () => isGone(Number(child)))
    }),
  )

  it.scopedLive("that a signal ends is reported with the signal", () =>
    Effect.gen(function* () {
      const { dial, server } = yield* serving(["-c", "kill -9 $$"])
      yield* dial()
      yield* server.waitFor("stderr", /program \d+ of #1 was ended by SIGKILL$/m)
    }),
  )

  it.scopedLive("that cannot be started any more is reported, and its client gets a reset", () =>
    Effect.gen(function* () {
      const cwd = yield* folder
      const file = join(cwd, "program")
      writeFileSync(file, "#!/bin/sh\n")
      chmodSync(file, 0o755)
      const { dial, server } = yield* serving(["-e", file])
      rmSync(file)
      const client = yield* dial()
      expect(yield* client.closed).toEqual(Option.some("ECONNRESET"))
      yield* server.waitFor("stderr", /^tcpfx: #1: the program \S+ cannot be started: there is no such file$/m)
    }),
  )

  it.scopedLive("gets the end of its input when the server drains, and may send its last output", () =>
    Effect.gen(function* () {
      const { dial, server } = yield* serving(["-c", "cat; echo bye"])
      const client = yield* dial()
      yield* client.send("hello\n")
      yield* client.take(6)
      yield* server.kill("SIGTERM")
      expect(string(yield* client.takeRest)).toBe("bye\n")
      expect(yield* server.ended).toEqual({ code: 143, signal: null })
    }),
  )

  it.scopedLive("does not outlive a server that a second signal ends at once", () =>
    Effect.gen(function* () {
      const { dial, server } = yield* serving(["-c", 'trap "" TERM; echo $$; while :; do sleep 0.1; done'])
      yield* dial()
      const [, pid] = yield* server.waitFor("stdout", /#1 > (\d+)\\n/)
      yield* server.kill("SIGTERM")
      yield* server.waitFor("stderr", /draining/)
      yield* server.kill("SIGTERM")
      yield* server.ended
      yield* poll("the end of the program", () => isGone(Number(pid)))
    }),
  )

  it.scopedLive("works with TLS", () =>
    Effect.gen(function* () {
      const { port } = yield* serving(["--tls", "-e", "tr a-z A-Z"])
      const args = ["connect", "127.0.0.1", String(port), "--tls", "--insecure"]
      expect(yield* tcpfxRun(args, "shout")).toMatchObject({ code: 0, stdout: "SHOUT" })
    }),
  )

  it.scopedLive("runs at most 100 times at once, or as often as --max-conns allows", () =>
    Effect.gen(function* () {
      const { dial, server } = yield* serving(["-m", "1", "-e", "cat"])
      yield* dial()
      yield* dial()
      yield* server.waitFor("stderr", /refused: the limit of 1 connection is reached/)
    }),
  )
})

it.effect("a program that cannot run, or that another flag contradicts, is refused", () =>
  expectServeRefuses([
    [["-e", "no-such-program"], /--exec: no-such-program cannot be run: there is no such file in PATH/],
    [["-e", "/etc/passwd"], /--exec: \/etc\/passwd cannot be run: permission denied/],
    [["-e", "/etc"], /--exec: \/etc cannot be run: it is not a file/],
    [["-e", "cat 'x"], /--exec: "cat 'x" is not a program with its arguments/],
    [["-e", "cat", "-c", "cat"], /--exec \(-e\) and --sh-exec \(-c\) exclude each other/],
    [["-e", "cat", "--reply", "x"], /--mode, --broker, --reply and --exec exclude each other: reply and program/],
    [["-e", "cat", "--mode", "echo"], /exclude each other: echo and program/],
    [
      ["-c", "cat", "--frame", "line"],
      /--frame has no effect with --exec or --sh-exec; a program reads and writes bytes/,
    ],
  ]),
)

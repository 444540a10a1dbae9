import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { type Endpoint, tcpEndpoint, unixEndpoint } from "../../src/domain/index.ts"
import { haveAll, type Peer, socat } from "../support/peers.ts"
import { dialRaw } from "../support/rawPeer.ts"
import { start } from "../support/tcpfxProcess.ts"
import { temporaryFolder } from "../support/transportFixture.ts"

// The programs of this test take seconds to start on a busy machine.
const patient = { within: "50 seconds" } as const

const bin = fileURLToPath(new URL("../../bin/tcpfx.cjs", import.meta.url))

const activate: Peer = { program: "systemd-socket-activate", known: /inetd/, dial: () => [] }

/** A socat that accepts one connection and replaces itself by `tcpfx serve`, whose descriptors 0 and 1 are the connection. */
const socatServe = (args: string, options = "nofork") =>
  Effect.gen(function* () {
    const command = `${process.execPath} ${bin} serve ${args}`.replaceAll(/[:,]/g, "\\$&")
    const server = yield* start("socat", ["-d", "-d", "TCP4-LISTEN:0,bind=127.0.0.1", `EXEC:${command},${options}`])
    const [, port] = yield* server.waitFor("stderr", /listening on AF=2 127\.0\.0\.1:(\d+)/)
    return { server, endpoint: tcpEndpoint("127.0.0.1", Number(port)) }
  })

/** `tcpfx serve` under systemd-socket-activate. */
const activateServe = (flags: ReadonlyArray<string>, args: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const path = join(yield* temporaryFolder, "x.sock")
    const command = [process.execPath, bin, "serve", ...args]
    const server = yield* start("systemd-socket-activate", [...flags, "-l", path, ...command])
    yield* server.waitFor("stderr", /Listening on /)
    return { server, endpoint: unixEndpoint(path) }
  })

/** Sends a text and FIN, and receives all that comes until the FIN of the server. */
const conversation = (endpoint: Endpoint, text: string) =>
  Effect.gen(function* () {
    const client = yield* dialRaw(endpoint, patient)
    yield* client.send(text)
    yield* client.halfClose
    return Buffer.from(yield* client.takeRest).toString()
  })

describe.skipIf(!haveAll(socat))("tcpfx serve --inetd under socat", () => {
  it.scopedLive("serves the connection with framing and replies, tells it on standard error, and ends with it", () =>
    Effect.gen(function* () {
      const { endpoint, server } = yield* socatServe("--inetd --frame line --reply pong")
      expect(yield* conversation(endpoint, "ping\nother\nping\n")).toBe("pong\npong\npong\n")
      expect(yield* server.ended).toEqual({ code: 0, signal: null })
      const rows = server
        .text("stderr")
        .split("\n")
        .filter((line) => /#1/.test(line))
      expect(rows.join("\n")).toMatch(
        /#1 connected from 127\.0\.0\.1:\d+\n.* < ping\n(.*\n)*.*#1 closed: by the peer; 16 B in, 15 B out/,
      )
      expect([server.text("stdout"), server.text("stderr").match(/tcpfx: /)]).toEqual(["", null])
    }),
  )

  it.scopedLive("writes nothing but the data of the connection if standard error is the connection too", () =>
    Effect.gen(function* () {
      const { endpoint, server } = yield* socatServe("--inetd --mode echo", "nofork,stderr")
      expect(yield* conversation(endpoint, "only this")).toBe("only this")
      expect((yield* server.ended).code).toBe(0)
    }),
  )

  it.scopedLive(
    "writes no message to such a connection either, neither a warning nor a mistake in the command line",
    () =>
      Effect.gen(function* () {
        const cases = [
          // Some versions of Node give a warning, because they cannot set the interval and the count.
          ["--inetd --mode echo --keepalive 5s,2s,3", "only this", 0],
          ["--inetd --frame wrong", "", 2],
          ["--inetd --unknown", "", 2],
          ["--inetd 9000", "", 2],
        ] as const
        for (const [args, answer, code] of cases) {
          const { endpoint, server } = yield* socatServe(args, "nofork,stderr")
          const got = conversation(endpoint, "only this").pipe(Effect.orElseSucceed(() => ""))
          expect([args, yield* got]).toEqual([args, answer])
          expect([args, (yield* server.ended).code]).toEqual([args, code])
        }
      }),
  )

  it.scopedLive("runs a program for the connection", () =>
    Effect.gen(function* () {
      const { endpoint, server } = yield* socatServe("--inetd -e /bin/cat")
      expect(yield* conversation(endpoint, "to the program and back")).toBe("to the program and back")
      expect((yield* server.ended).code).toBe(0)
    }),
  )

  it.scopedLive("ends if an access rule refuses the peer", () =>
    Effect.gen(function* () {
      const { endpoint, server } = yield* socatServe("--inetd --deny 127.0.0.0/8 --mode echo")
      expect(yield* conversation(endpoint, "hello").pipe(Effect.orElseSucceed(() => ""))).toBe("")
      expect((yield* server.ended).code).toBe(0)
      expect(server.text("stderr")).toMatch(/127\.0\.0\.1:\d+ refused: denied by 127\.0\.0\.0\/8/)
    }),
  )

  it.scopedLive("without --inetd, fd:0 says that the descriptor is a connection, and ends with 2", () =>
    Effect.gen(function* () {
      const { endpoint, server } = yield* socatServe("fd:0")
      yield* Effect.ignore(conversation(endpoint, "hello"))
      expect((yield* server.ended).code).toBe(2)
      expect(server.text("stderr")).toMatch(
        /^tcpfx: cannot listen on fd:0: that descriptor is a connection, .*; serve .* with `tcpfx serve --inetd`$/m,
      )
    }),
  )
})

describe.skipIf(!haveAll(activate))("tcpfx serve --inetd under systemd-socket-activate", () => {
  it.scopedLive("serves each connection in a process of its own", () =>
    Effect.gen(function* () {
      const { endpoint, server } = yield* activateServe(
        ["--accept", "--inetd"],
        ["--inetd", "--frame", "line", "--reply", "yes"],
      )
      const both = [conversation(endpoint, "first\n"), conversation(endpoint, "second\n")]
      expect(yield* Effect.all(both, { concurrency: 2 })).toEqual(["yes\n", "yes\n"])
      yield* server.waitFor("stderr", /died with code 0\n(.*\n)*.*died with code 0/)
    }),
  )

  it.scopedLive(
    "serves a listening socket as fd:0, which is standard output too, and shows rows on standard error",
    () =>
      Effect.gen(function* () {
        const { endpoint, server } = yield* activateServe(["--inetd"], ["fd:0"])
        yield* conversation(endpoint, "first")
        yield* server.waitFor("stderr", /#1 < first\n(.*\n)*.*#1 closed/)
        yield* conversation(endpoint, "second")
        yield* server.waitFor("stderr", /#2 < second\n(.*\n)*.*#2 closed/)
        expect(server.text("stderr")).not.toMatch(/standard (input|output)/)
        yield* server.kill("SIGTERM")
        expect((yield* server.ended).code).toBe(143)
      }),
  )

  it.scopedLive("refuses a listening socket, and says how to serve it", () =>
    Effect.gen(function* () {
      const { endpoint, server } = yield* activateServe(["--inetd"], ["--inetd"])
      yield* Effect.ignore(conversation(endpoint, "hello"))
      expect((yield* server.ended).code).toBe(2)
      expect(server.text("stderr")).toMatch(/^tcpfx: --inetd: .* it is a listening socket .*`tcpfx serve fd:0`$/m)
    }),
  )
})

describe("tcpfx serve --inetd", () => {
  it.scopedLive("says what descriptor 0 is if it is no socket, and which flags have no place", () =>
    Effect.gen(function* () {
      const cases = [
        [[], /^tcpfx: --inetd: descriptor 0 is not a connection: it is not a socket \(ncat -e passes pipes; .*\)\n$/],
        [["9000"], /^tcpfx: --inetd serves the connection on descriptor 0; leave the endpoint .* out\n$/],
        [["-l"], /^tcpfx: --inetd serves one connection .*; leave -l, -k and --ui out\n$/],
        [["--output", "raw"], /^tcpfx: --output raw has no place with --inetd: .*\n$/],
      ] as const
      for (const [args, line] of cases) {
        // The standard input of a child of Node is a socket, and that of a child of the shell a pipe.
        const pipe = ["-c", 'true | exec "$@"', "sh", process.execPath, bin, "serve", "--inetd", ...args]
        const refused = yield* start("sh", pipe)
        expect([args, (yield* refused.ended).code]).toEqual([args, 2])
        expect(refused.text("stderr")).toMatch(line)
      }
    }),
  )
})

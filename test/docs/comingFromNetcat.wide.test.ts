import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { connect, createServer, type NetConnectOpts, type Server, type Socket } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { makeIdentity } from "../support/certificates.ts"
import { echoOverTls, plainParts, startTlsServer } from "../support/startTlsPeers.ts"
import { type Process, start } from "../support/tcpfxProcess.ts"

const page = readFileSync("docs/coming-from-netcat.md", "utf8")
const bin = join(process.cwd(), "bin", "tcpfx.cjs")

/** The commands in the middle column of the tables. */
const commands = [...page.matchAll(/^\| .* \| `(tcpfx [^`]+)` \| .* \|$/gm)].map(([, command]) => command ?? "")

const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "tcpfx-netcat-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true })),
)

/** Starts a command in a shell, in the folder `cwd`. */
const shell = (command: string, cwd: string) =>
  start("/bin/sh", ["-c", command.replace(/^tcpfx/, `exec '${process.execPath}' '${bin}'`)], { cwd })

/** Sends a text, and FIN unless there is `until`. Returns the bytes of the server until its FIN. */
const talk = (to: NetConnectOpts, text: string, until?: RegExp) =>
  Effect.async<string>((resume) => {
    const socket = connect(to)
    let heard = ""
    socket.setEncoding("utf8")
    socket.on("connect", () => (until === undefined ? socket.end(text) : socket.write(text)))
    socket.on("data", (data) => {
      heard += data
      if (until?.test(heard) === true) socket.end()
    })
    socket.on("error", () => {})
    socket.on("close", () => resume(Effect.succeed(heard)))
    return Effect.sync(() => socket.destroy())
  })

/** A client that stays connected, and the text that it receives. */
const member = (port: number) =>
  Effect.acquireRelease(
    Effect.async<Socket>((resume) => {
      const socket = connect({ port, host: "127.0.0.1" }, () => resume(Effect.succeed(socket)))
      socket.on("error", () => {})
    }),
    (socket) => Effect.sync(() => socket.destroy()),
  )

const heardBy = (socket: Socket, text: string) =>
  Effect.async<string>((resume) => {
    let heard = ""
    socket.setEncoding("utf8")
    socket.on("data", (data) => {
      heard += data
      if (heard.includes(text)) resume(Effect.succeed(heard))
    })
  })

interface Serving {
  readonly server: Process
  readonly to: { readonly port: number; readonly host: string }
  readonly cwd: string
}

type Check<A> = (given: A) => Effect.Effect<void, unknown, Scope.Scope>

/** Checks that a client that sends `ping` and FIN receives `answer`, and that the server shows the `ping`. */
const hears =
  (answer: string, shown = /< ping/, on: "stdout" | "stderr" = "stdout"): Check<Serving> =>
  ({ server, to }) =>
    Effect.gen(function* () {
      expect(yield* talk(to, "ping\n")).toBe(answer)
      yield* server.waitFor(on, shown)
    })

const relays: Check<Serving> = ({ server, to }) =>
  Effect.gen(function* () {
    const [first, second] = [yield* member(to.port), yield* member(to.port)]
    yield* server.waitFor("stderr", /#2 connected/)
    first.write("ping\n")
    expect(yield* heardBy(second, "ping\n")).toBe("ping\n")
  })

const fileHas =
  (name: string, pattern: RegExp): Check<Serving> =>
  ({ server, to, cwd }) =>
    Effect.gen(function* () {
      yield* talk(to, "ping\n")
      yield* server.kill("SIGTERM")
      yield* server.ended
      expect(readFileSync(join(cwd, name), "utf8")).toMatch(pattern)
    })

/** Checks that the server answers its first client, writes what it got to `stdout`, and ends with 0. */
const endsAfter =
  (stdout: string, answer: string = ""): Check<Serving> =>
  ({ server, to }) =>
    Effect.gen(function* () {
      expect(yield* talk(to, "ping\n")).toBe(answer)
      expect(yield* server.ended).toEqual({ code: 0, signal: null })
      expect(server.text("stdout")).toBe(stdout)
    })

/** Checks that the server ends after its first client, and the content of a file. */
const leaves =
  (name: string, pattern: RegExp): Check<Serving> =>
  ({ server, to, cwd }) =>
    Effect.gen(function* () {
      yield* talk(to, "ping\n")
      expect(yield* server.ended).toEqual({ code: 0, signal: null })
      expect(readFileSync(join(cwd, name), "utf8")).toMatch(pattern)
    })

/** Checks that the server answers one client after the other. */
const answers =
  (answer: string): Check<Serving> =>
  ({ to }) =>
    Effect.gen(function* () {
      expect(yield* talk(to, "ping\n")).toBe(answer)
      expect(yield* talk(to, "ping\n")).toBe(answer)
    })

const onUnix: Check<Serving> = ({ cwd }) =>
  Effect.map(talk({ path: join(cwd, "x.sock") }, "ping\n"), (heard) => expect(heard).toBe(""))

const serverChecks: Readonly<Record<string, Check<Serving>>> = {
  "tcpfx -lvp 9000": endsAfter("ping\n"),
  "tcpfx -l 127.0.0.1 9000": endsAfter("ping\n"),
  "tcpfx -lk 9000": answers(""),
  "tcpfx -l 9000 >file": leaves("file", /^ping\n$/),
  "tcpfx -l 9000 <file": endsAfter("ping\n", "of a file\n"),
  "tcpfx -l -q 1 9000 <file": endsAfter("ping\n", "of a file\n"),
  "tcpfx -l -U /run/x.sock": onUnix,
  "tcpfx -l --recv-only 9000 >file": leaves("file", /^ping\n$/),
  "tcpfx -l --send-only 9000 <file": endsAfter("", "of a file\n"),
  "tcpfx -lk -e /bin/cat 9000": answers("ping\n"),
  "tcpfx -lk -c 'echo hi' 9000": answers("hi\n"),
  "tcpfx -l -o file --append-output 9000": leaves("file", /^of a file\nping\n$/),
  "tcpfx -l -x dump 9000": leaves("dump", /#1.*<[\s\S]*ping/),
  "tcpfx serve 0.0.0.0 9000": ({ server, to }) =>
    Effect.gen(function* () {
      const one = yield* member(to.port)
      yield* server.waitFor("stderr", /#1 connected/)
      yield* server.write("to all\n")
      yield* heardBy(one, "to all\n")
    }),
  "tcpfx serve unix:/run/x.sock": onUnix,
  "tcpfx serve 9000 --output raw >file": fileHas("file", /^ping\n$/),
  "tcpfx serve 9000 <file": ({ to }) =>
    Effect.map(talk(to, "", /of a file\n/), (heard) => expect(heard).toBe("of a file\n")),
  "tcpfx serve 9000 --broker": relays,
  "tcpfx serve 9000 --mode chat": ({ to }) =>
    Effect.gen(function* () {
      const [first, second] = [yield* member(to.port), yield* member(to.port)]
      yield* heardBy(first, "guest-2 joined")
      first.write("ping\n")
      yield* heardBy(second, "<guest-1> ping\n")
    }),
  "tcpfx serve 9000 --mode echo": hears("ping\n"),
  "tcpfx serve 9000 -e /bin/cat": hears("ping\n"),
  "tcpfx serve 9000 -c 'tr a-z A-Z'": hears("PING\n"),
  "tcpfx serve 9000 --mode discard": hears(""),
  "tcpfx serve 9000 --reply 'hi\\n'": hears("hi\n"),
  "tcpfx serve 9000 --ssl": ({ server }) => server.waitFor("stderr", /fingerprint|SHA-?256/i),
  "tcpfx serve 9000 --allow 10.0.0.0/8": hears("", /refused/, "stderr"),
  "tcpfx serve 9000 -m 5": hears(""),
  "tcpfx serve 9000 -i 30": hears(""),
  "tcpfx serve 9000 -x dump": fileHas("dump", /#1 < 5 bytes\n00000000 {2}70 69 6E 67 0A .*\|ping\.\|\n/),
  "tcpfx serve 9000 -o file": fileHas("file", /^ping\n$/),
  "tcpfx serve 9000 -o file --append-output": fileHas("file", /^of a file\nping\n$/),
  "tcpfx serve 9000 -t": hears(""),
  "tcpfx serve 9000 --keepalive 60s,10s,3": hears(""),
  "tcpfx serve 9000 --max-per-address 1 --displace": ({ server, to }) =>
    Effect.gen(function* () {
      yield* member(to.port)
      yield* server.waitFor("stderr", /#1 connected/)
      yield* member(to.port)
      yield* server.waitFor("stderr", /#1 closed: displaced/)
    }),
  "tcpfx serve 9000 --rule 'ping when contains \"ping\" reply pong\\n'": hears("pong\n"),
}

/** A server that answers `pong`, and the text received. It closes after the FIN of its client, or after `pong`. */
const pong = (listen: { port: number; host: string } | string, closes: "after FIN" | "after pong") =>
  Effect.acquireRelease(
    Effect.async<{ readonly server: Server; readonly port: number; readonly got: Array<string> }>((resume) => {
      const got: Array<string> = []
      const server = createServer({ allowHalfOpen: true }, (socket) => {
        socket.on("error", () => {})
        socket.setEncoding("utf8")
        socket.on("data", (data: string) => void got.push(data))
        if (closes === "after pong") socket.end("pong\n")
        else socket.on("end", () => socket.end("pong\n"))
      })
      server.listen(listen, () => {
        const address = server.address()
        const port = typeof address === "object" && address !== null ? address.port : 0
        resume(Effect.succeed({ server, port, got }))
      })
    }),
    ({ server }) => Effect.async<void>((resume) => void server.close(() => resume(Effect.void))),
  )

const runs =
  (expected: { sent: string; closes?: "after FIN" | "after pong" }): Check<string> =>
  (command) =>
    Effect.gen(function* () {
      const cwd = yield* folder
      writeFileSync(join(cwd, "file"), "of a file\n")
      const path = join(cwd, "x.sock")
      const at = command.includes("unix:") ? path : { port: 0, host: "127.0.0.1" }
      const { port, got } = yield* pong(at, expected.closes ?? "after FIN")
      const line = command.replace(/(host|127\.0\.0\.1) 9000/, `127.0.0.1 ${port}`).replace("/run/x.sock", path)
      const client = yield* shell(line, cwd)
      yield* client.write("from the keyboard\n")
      yield* client.endInput
      expect({ ...(yield* client.ended), stderr: client.text("stderr") }).toEqual({ code: 0, signal: null, stderr: "" })
      expect(client.text("stdout")).toBe("pong\n")
      expect(got.join("")).toBe(expected.sent)
    })

/** Checks that the command accepts its flags: it fails only because no server listens. */
const fails: Check<string> = (command) =>
  Effect.gen(function* () {
    const cwd = yield* folder
    const client = yield* shell(command.replace("gate:1080", "127.0.0.1:1").replace("host", "127.0.0.1"), cwd)
    yield* client.endInput
    expect(yield* client.ended).toEqual({ code: 1, signal: null })
    expect(client.text("stderr")).toMatch(/127\.0\.0\.1:1\b.*refused/)
  })

const typed = runs({ sent: "from the keyboard\n" })
const fromFile = runs({ sent: "of a file\n" })

/** Checks that the server hears a text from the command, which goes on. */
const says =
  (text: RegExp): Check<string> =>
  (command) =>
    Effect.gen(function* () {
      const cwd = yield* folder
      const server = yield* shell("tcpfx serve 0 --output raw", cwd)
      const [, port] = yield* server.waitFor("stderr", /listening on \S+:(\d+)/)
      yield* shell(command.replace("host 9000", `127.0.0.1 ${port}`), cwd)
      yield* server.waitFor("stdout", text)
    })

const clientChecks: Readonly<Record<string, Check<string>>> = {
  "tcpfx host 9000": typed,
  "tcpfx -nv 127.0.0.1 9000": typed,
  "tcpfx -N host 9000 <file": fromFile,
  "tcpfx -e /bin/cat host 9000": (command) =>
    Effect.gen(function* () {
      const cwd = yield* folder
      const server = yield* shell("tcpfx -l 0", cwd)
      const [, port] = yield* server.waitFor("stderr", /listening on \S+:(\d+)/)
      const client = yield* shell(command.replace("host 9000", `127.0.0.1 ${port}`), cwd)
      yield* server.write("ping\n")
      yield* server.waitFor("stdout", /^ping\n$/)
      yield* server.endInput
      expect(yield* client.ended).toEqual({ code: 0, signal: null })
    }),
  "tcpfx -z -v -w 1 host 20-25": (command) =>
    Effect.gen(function* () {
      const cwd = yield* folder
      const { port } = yield* pong({ port: 0, host: "127.0.0.1" }, "after FIN")
      const client = yield* shell(command.replace("host 20-25", `127.0.0.1 ${port}-${port}`), cwd)
      expect(yield* client.ended).toEqual({ code: 0, signal: null })
      expect(client.text("stdout")).toBe(`127.0.0.1:${port}: open\n`)
    }),
  "tcpfx -d host 9000": runs({ sent: "", closes: "after pong" }),
  "tcpfx --recv-only host 9000": runs({ sent: "", closes: "after pong" }),
  "tcpfx --send-only host 9000 <file": (command) =>
    Effect.gen(function* () {
      const cwd = yield* folder
      writeFileSync(join(cwd, "file"), "of a file\n")
      const server = yield* shell("tcpfx -l 0", cwd)
      const [, port] = yield* server.waitFor("stderr", /listening on \S+:(\d+)/)
      const client = yield* shell(command.replace("host 9000", `127.0.0.1 ${port}`), cwd)
      expect(yield* client.ended).toEqual({ code: 0, signal: null })
      yield* server.waitFor("stdout", /^of a file\n$/)
    }),
  "tcpfx connect host 9000 --delay 1 <file": fromFile,
  "tcpfx connect host 9000": typed,
  "tcpfx connect host 9000 --no-shutdown <file": runs({ sent: "of a file\n", closes: "after pong" }),
  "tcpfx connect host 9000 -q 1 <file": fromFile,
  "tcpfx connect host 9000 -w 5": typed,
  "tcpfx connect host 9000 --send 'hi\\r\\n'": runs({ sent: "hi\r\n" }),
  "tcpfx connect host 9000 -C": runs({ sent: "from the keyboard\r\n" }),
  "tcpfx connect unix:/run/x.sock": typed,
  "tcpfx connect host 9000 --ssl --insecure": (command) =>
    Effect.gen(function* () {
      const cwd = yield* folder
      const server = yield* shell("tcpfx serve 0 --ssl", cwd)
      const [, port] = yield* server.waitFor("stderr", /listening on \S+:(\d+)/)
      const client = yield* shell(command.replace("host 9000", `127.0.0.1 ${port}`), cwd)
      yield* client.write("ping\n")
      yield* server.waitFor("stdout", /< ping/)
    }),
  "tcpfx connect host 9000 --ssl --ssl-ciphers LIST": (command) =>
    Effect.gen(function* () {
      const cwd = yield* folder
      const server = yield* shell("tcpfx serve 0 --ssl", cwd)
      const [, port] = yield* server.waitFor("stderr", /listening on \S+:(\d+)/)
      const asked = command.replace("host 9000", `127.0.0.1 ${port}`).replace("LIST", "ECDHE+AESGCM")
      yield* shell(`${asked} --insecure --no-shutdown`, cwd)
      yield* server.waitFor("stderr", /#1 connected .*\(TLSv1\.2, TLS_ECDHE_\S+_GCM_SHA\d+\)/)
    }),
  "tcpfx connect host 25 --starttls smtp -C": (command) =>
    Effect.gen(function* () {
      const identity = yield* Effect.promise(() => makeIdentity())
      const { port } = yield* startTlsServer(plainParts.smtp, echoOverTls(identity))
      const client = yield* shell(`${command.replace("host 25", `127.0.0.1 ${port}`)} --insecure`, yield* folder)
      yield* client.write("well\n")
      yield* client.waitFor("stdout", /^secured\nwell\r\n/)
    }),
  "tcpfx connect host 9000 --proxy socks5://gate:1080": fails,
  "tcpfx connect host 9000 -s 127.0.0.1": typed,
  "tcpfx connect host 9000 --reconnect --reconnect-max 1": (command) =>
    Effect.gen(function* () {
      const cwd = yield* folder
      const { port } = yield* pong({ port: 0, host: "127.0.0.1" }, "after pong")
      const client = yield* shell(command.replace("host 9000", `127.0.0.1 ${port}`), cwd)
      yield* client.waitFor("stdout", /pong\n[\s\S]*pong\n/)
    }),
  "tcpfx connect host 9000 -d": runs({ sent: "", closes: "after pong" }),
  "tcpfx connect host 9000 -4": typed,
  "tcpfx connect host 9000 -t": typed,
  "tcpfx connect host 9000 --hex --send '70 69 6e 67'": runs({ sent: "ping" }),
  "tcpfx connect host 9000 --send 'hi\\n' --once": runs({ sent: "hi\n", closes: "after pong" }),
  "tcpfx host 9000 <file": fromFile,
  "tcpfx connect host 9000 --hex --send '01 03'": runs({ sent: "\u0001\u0003" }),
  "tcpfx connect host 9000 --eol crlf": runs({ sent: "from the keyboard\r\n" }),
  "tcpfx connect host 9000 --send 'hi\\n' --repeat 100ms": says(/hi\nhi\n/),
}

it("each command of docs/coming-from-netcat.md has a test here", () => {
  const checked = [...Object.keys(serverChecks), ...Object.keys(clientChecks)]
  expect([...new Set(commands)].sort()).toEqual(checked.sort())
})

for (const [command, check] of Object.entries(serverChecks)) {
  it.scopedLive(`${command} does what the page says`, () =>
    Effect.gen(function* () {
      const cwd = yield* folder
      writeFileSync(join(cwd, "file"), "of a file\n")
      const line = command.replace("9000", "0").replace("/run/x.sock", join(cwd, "x.sock"))
      const server = yield* shell(line, cwd)
      const [, port] = yield* server.waitFor("stderr", /^tcpfx: listening on .*?(\d*)$/m)
      yield* check({ server, to: { port: Number(port), host: "127.0.0.1" }, cwd })
    }),
  )
}

for (const [command, check] of Object.entries(clientChecks)) {
  it.scopedLive(`${command} does what the page says`, () => check(command))
}

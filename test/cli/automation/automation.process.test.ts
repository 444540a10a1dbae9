import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { tcpEndpoint } from "../../../src/domain/index.ts"
import { Server } from "../../../src/server/index.ts"
import { NodeTransport } from "../../../src/transport/index.ts"
import { dialRaw } from "../../support/rawPeer.ts"
import { expectServeRefuses, tcpfx, tcpfxRun, tcpfxServe } from "../../support/tcpfxProcess.ts"

const local = (port: number) => tcpEndpoint("127.0.0.1", port)
const hex = (text: string) => Buffer.from(text.replaceAll(" ", ""), "hex")
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes)
const utf8 = (text: string) => new TextEncoder().encode(text)

/** A folder with a project file. */
const project = (yaml: string) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const cwd = mkdtempSync(join(tmpdir(), "tcpfx-automation-"))
      writeFileSync(join(cwd, "tcpfx.yaml"), yaml)
      return cwd
    }),
    (cwd) => Effect.sync(() => rmSync(cwd, { recursive: true, force: true })),
  )

const serial =
  'serial when hex "78 78 ?? 01 *" reply hex checksum=crc16-x25 order=big from=2 to=-4 at=-4 78 78 05 01 ${bytes:12-13} 00 00 0D 0A'

/** The login of a GT06 tracker with a serial number. */
const login = (number: string) => hex(`7878 0d 01 0123456789012345 ${number} 0000 0d0a`)

describe("the rules of a command line", () => {
  it.scopedLive("answer three GT06 logins of one read, each with its own serial number", () =>
    Effect.gen(function* () {
      const { port } = yield* tcpfxServe(["--frame", "len:u8+2,adjust:2", "--rule", serial, "--output", "json"])
      const tracker = yield* dialRaw(local(port))
      yield* tracker.send(Buffer.concat([login("0001"), login("0002"), login("a1b2")]))
      yield* tracker.expect(
        Buffer.from(
          ["78780501 0001 d9dc 0d0a", "78780501 0002 eb47 0d0a", "78780501 a1b2 e8eb 0d0a"]
            .join("")
            .replaceAll(" ", ""),
          "hex",
        ),
      )
    }),
  )

  it.scopedLive("act beside the mode, those of --rule first, then those of --rules", () =>
    Effect.gen(function* () {
      const cwd = yield* project(
        [
          "rules:",
          "  - { name: a, when: { contains: x }, reply: never }",
          "  - { name: b, when: { contains: x }, reply: second }",
          "  - { name: c, when: { contains: y }, reply: third }",
        ].join("\n"),
      )
      const rules = ["--rule", "a when contains z reply first", "--rules", "tcpfx.yaml"]
      const { port } = yield* tcpfxServe(["--broker", "--frame", "line", ...rules], { cwd })
      const [asking, other] = [yield* dialRaw(local(port)), yield* dialRaw(local(port))]
      yield* asking.send("x\ny\nxyz\n")
      yield* asking.expect("second\nthird\nfirst\n")
      yield* other.expect("x\ny\nxyz\n")
    }),
  )

  it.scopedLive("act with --output raw, which then shows the bytes as without rules", () =>
    Effect.gen(function* () {
      const { port, server } = yield* tcpfxServe(["--output", "raw", "--rule", "a when equals ping reply pong"])
      const asking = yield* dialRaw(local(port))
      yield* asking.send("ping")
      yield* asking.expect("pong")
      expect((yield* server.waitForBytes("stdout", 4)).toString()).toBe("ping")
    }),
  )

  it.scopedLive("answer the server of tcpfx connect, also after the end of standard input", () =>
    Effect.gen(function* () {
      const server = yield* Server.make({
        handler: (connection) =>
          Effect.gen(function* () {
            yield* connection.send(utf8("login?"))
            const answer = yield* connection.receive
            yield* connection.send(utf8(`got ${Option.match(answer, { onNone: () => "FIN", onSome: text })}`))
          }),
      }).pipe(Effect.provide(NodeTransport.layer))
      const { endpoint } = yield* server.listen(local(0))
      const port = endpoint._tag === "Tcp" ? endpoint.port : 0
      const result = yield* tcpfxRun(["connect", `${port}`, "--rule", "a when contains login? reply me"], "")
      expect(result).toMatchObject({ code: 0, stdout: "login?got me", stderr: "" })
    }),
  )

  it.scopedLive("leave the exit code and the message of a failed connection as they are", () =>
    Effect.gen(function* () {
      const plain = yield* tcpfxRun(["connect", "127.0.0.1:1"], "")
      expect(yield* tcpfxRun(["connect", "127.0.0.1:1", "--rule", "a when contains b close"], "")).toEqual(plain)
      expect(plain.code).toBe(1)
    }),
  )

  it.scopedLive("that select, name or tag clients are for serve alone", () =>
    Effect.gen(function* () {
      for (const [rule, word] of [
        ["a when contains b from @3 reply c", "from"],
        ["a when contains b rename c", "rename"],
        ["a when contains b reply c then tag d", "tag"],
      ] as const) {
        expect(yield* tcpfxRun(["connect", "127.0.0.1:1", "--rule", rule], "")).toMatchObject({
          code: 2,
          stderr: `tcpfx: --rule "a": ${word} is for clients, and tcpfx connect has one server\n`,
        })
      }
    }),
  )

  it.scopedLive("that are wrong end the command, and the message has the place and the nearest word", () =>
    Effect.gen(function* () {
      const bad = yield* project("rules:\n  - name: a\n    wen: { contains: x }\n    reply: ok\n")
      yield* expectServeRefuses([
        [
          ["--rule", "a wen contains x reply y"],
          /--rule: "when" and a match .*\(did you mean "when"\?\), at character 3;/,
        ],
        [
          ["--rule", "a when contains x repl y"],
          /"repl" is not an action; .*\(did you mean "reply"\?\), at character 19/,
        ],
        [["--rule", "hello"], /--rule: "when" and a match are missing, at character 6; such as: NAME when contains/],
        [["--rule", "rule a when contains x close"], /--rule: leave the word "rule" out/],
        [["--rule", "a when regex /(/ close"], /--rule "a": the regular expression is invalid: missing closing/],
        [
          ["--rule", "a when contains x reply encoding=gbk 😀"],
          /--rule "a": "😀" \(U\+1F600\) cannot be encoded in gbk/,
        ],
        [["--rule", "a when contains x close", "--rule", "a when contains y close"], /two rules have the name "a"/],
        [["--rules", "/nowhere.yaml"], /--rules: \/nowhere\.yaml cannot be read: there is no such file or folder/],
      ])
      const { code, stderr } = yield* tcpfxRun(["serve", "127.0.0.1:0", "--rules", "tcpfx.yaml"], "", { cwd: bad })
      expect(code).toBe(2)
      expect(stderr).toMatch(/tcpfx\.yaml:3:5: "wen" is not a key here; .*\(did you mean "when"\?\)/)
      expect(stderr).toMatch(/--rules: tcpfx\.yaml has mistakes; correct them, or name another file\n$/)
    }),
  )
})

const macros = [
  "macros:",
  "  - { name: poll, send: { hex: 01 03 00 0A 00 02, checksum: modbus } }",
  '  - { name: hello, send: "hello ${client.id}" }',
  "  - { name: far, to: 10.0.0.0/8, send: far }",
].join("\n")

describe("the payloads of a command line", () => {
  it.scopedLive("greet each client of tcpfx serve, and macros only their recipients", () =>
    Effect.gen(function* () {
      const cwd = yield* project(macros)
      const greeting = ["--frame", "line", "--send", "${hi}", "--macro", "far", "--macro", "hello"]
      const { port } = yield* tcpfxServe(greeting, { cwd })
      for (const id of [1, 2]) {
        const client = yield* dialRaw(local(port))
        yield* client.expect(`\${hi}\nhello ${id}\n`)
      }
    }),
  )

  it.scopedLive("are repeated to all clients of tcpfx serve", () =>
    Effect.gen(function* () {
      const { port, server } = yield* tcpfxServe(["--send", "state?", "--repeat", "20ms"])
      const [one, two] = [yield* dialRaw(local(port)), yield* dialRaw(local(port))]
      yield* one.expect("state?".repeat(3))
      yield* two.expect("state?".repeat(3))
      yield* server.kill("SIGTERM")
      expect((yield* server.ended).code).toBe(143)
    }),
  )

  it.scopedLive("of macros are sent by tcpfx connect after those of --send, instead of standard input", () =>
    Effect.gen(function* () {
      const cwd = yield* project(macros)
      const { port } = yield* tcpfxServe(["--mode", "echo"])
      const args = ["connect", `${port}`, "--macro", "poll", "--hex", "--send", "ff"]
      const { bytes, code } = yield* tcpfxRun(args, "not this", { cwd })
      expect([code, bytes.toString("hex")]).toEqual([0, "ff0103000a0002e409"])
      const other = yield* tcpfxRun(["connect", `${port}`, "--macro", "polls"], "", { cwd })
      expect(other).toMatchObject({
        code: 2,
        stderr: 'tcpfx: --macro: tcpfx.yaml has no macro "polls" (did you mean "poll"?)\n',
      })
    }),
  )

  it.scopedLive("are repeated by tcpfx connect until the connection ends", () =>
    Effect.gen(function* () {
      const { port } = yield* tcpfxServe(["--mode", "echo"])
      const repeat = ["--send", "ping", "--repeat", "20ms"]
      const once = yield* tcpfxRun(["connect", `${port}`, "--frame", "line", ...repeat, "--once"], "")
      expect(once).toMatchObject({ code: 0, stdout: "ping\n", stderr: "" })
      const { port: second, server } = yield* tcpfxServe(["--output", "raw"])
      const talking = yield* tcpfx(["connect", `${second}`, ...repeat])
      expect((yield* server.waitForBytes("stdout", 12)).toString("utf8", 0, 12)).toBe("ping".repeat(3))
      yield* server.kill("SIGTERM")
      expect((yield* talking.ended).code).toBe(0)
    }),
  )

  it.scopedLive("need a payload for --repeat, and a macro needs a project file", () =>
    expectServeRefuses([
      [["--repeat", "1s"], /--repeat needs the payload to send; give --send or --macro too/],
      [
        ["--send", "x", "--repeat", "0"],
        /--repeat: "0" is not an interval: it is out of range; expected a time from 1ms/,
      ],
      [["--send", "x", "--repeat", "25h"], /--repeat: "25h" is not an interval: it is out of range/],
      [
        ["--macro", "poll", "--project", "/nowhere.yaml"],
        /--project: \/nowhere\.yaml cannot be read: there is no such file/,
      ],
    ]),
  )
})

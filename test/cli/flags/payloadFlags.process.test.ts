import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { tcpEndpoint } from "../../../src/domain/index.ts"
import { dialRaw } from "../../support/rawPeer.ts"
import { expectServeRefuses, tcpfxRun, tcpfxServe } from "../../support/tcpfxProcess.ts"

/** The bytes that `tcpfx connect` sends with these flags and this standard input. */
const sent = (args: ReadonlyArray<string>, input = "") =>
  Effect.gen(function* () {
    const { port } = yield* tcpfxServe(["--mode", "echo"])
    const { bytes, code, stderr } = yield* tcpfxRun(["connect", `${port}`, ...args, "--output", "raw"], input)
    return { hex: bytes.toString("hex"), text: bytes.toString("latin1"), code, stderr }
  })

describe("the payloads of tcpfx connect", () => {
  it.scopedLive("fit the limit, also frames of a fixed size, or the command ends before it connects", () =>
    Effect.gen(function* () {
      const fixed = ["--frame", "fixed:100", "--max-frame", "50"]
      const message = "tcpfx: --frame: fixed:100 is above --max-frame (50 bytes); give --max-frame 100\n"
      expect(yield* tcpfxRun(["connect", "127.0.0.1:1", ...fixed], "")).toMatchObject({ code: 2, stderr: message })
      yield* expectServeRefuses([
        [
          ["--encoding", "utf-16le", "--frame", "line"],
          /--encoding: --frame line ends at the byte 0A, which is half a character of utf-16le; use --frame delim:0a00/,
        ],
        [fixed, /--frame: fixed:100 is above --max-frame/],
        [["--mode", "chat", "--hex"], /--hex has no effect with --mode chat, whose lines are text/],
        [["--mode", "chat", "--checksum", "modbus"], /--checksum has no effect with --mode chat/],
      ])
    }),
  )

  it.scopedLive("are the Modbus requests of the specification, from hex and a checksum", () =>
    Effect.gen(function* () {
      const modbus = ["--hex", "--checksum", "modbus", "--send"]
      expect(yield* sent([...modbus, "01 03 00 0A 00 02"])).toMatchObject({ hex: "0103000a0002e409", code: 0 })
      expect(yield* sent([...modbus, "0x01,0x03,0,0"])).toMatchObject({ hex: "", code: 2 })
      expect(yield* sent([...modbus, "0103 0000 0002"])).toMatchObject({ hex: "010300000002c40b", code: 0 })
      const lines = "01 03 00 0A 00 02\n01:03:00:00:00:02\r\n"
      expect(yield* sent(["--hex", "--checksum", "modbus"], lines)).toMatchObject({
        hex: "0103000a0002e409010300000002c40b",
        code: 0,
      })
    }),
  )

  it.scopedLive("take the settings of a checksum in the words of the assistant", () =>
    Effect.gen(function* () {
      const args = ["--hex", "--send", "AA 01 02 00", "--checksum", "sum8 from=1 to=-1 at=-1"]
      expect(yield* sent(args)).toMatchObject({ hex: "aa010203", code: 0 })
    }),
  )

  it.scopedLive("end with the line end of --eol or -C, and an existing CRLF stays", () =>
    Effect.gen(function* () {
      expect(yield* sent(["-C"], "a\nb\r\nc")).toMatchObject({ text: "a\r\nb\r\nc", code: 0 })
      expect(yield* sent(["--eol", "none"], "a\nb\r\n")).toMatchObject({ text: "ab", code: 0 })
      expect(yield* sent(["-C", "--send", "a", "--send", "b\\n", "--send", "c\\r\\n"])).toMatchObject({
        text: "a\r\nb\n\r\nc\r\n",
      })
      expect(yield* sent(["--eol", "cr", "--send", "a", "--send", "b\\r"])).toMatchObject({ text: "a\rb\r" })
      const { port, server } = yield* tcpfxServe(["--output", "raw"])
      yield* tcpfxRun(["connect", `${port}`, "--frame", "line", "-C"], "a\nb\r\n")
      expect((yield* server.waitForBytes("stdout", 6)).toString()).toBe("a\r\nb\r\n")
    }),
  )

  it.scopedLive("are refused with the position of a wrong digit, and other lines are sent", () =>
    Effect.gen(function* () {
      const refused = yield* tcpfxRun(["connect", "1", "--hex", "--send", "01 0g"], "")
      expect(refused).toMatchObject({ code: 2, stdout: "" })
      expect(refused.stderr).toMatch(/^tcpfx: --send: "g" is not a hex digit, at character 5; hex is two digits/)
      const { code, hex, stderr } = yield* sent(["--hex"], "01\n0g\n02\n")
      expect([code, hex]).toEqual([2, "0102"])
      expect(stderr).toBe('tcpfx: "0g" of standard input was not sent: "g" is not a hex digit, at character 2\n')
    }),
  )

  it.scopedLive("are left out if the framing refuses them, and the command says so", () =>
    Effect.gen(function* () {
      const { code, stderr, text } = yield* sent(["--frame", "fixed:4"], "abcd\nabc\nefgh\n")
      expect([code, text]).toEqual([2, "abcdefgh"])
      expect(stderr).toMatch(/^tcpfx: "abc" of standard input was not sent: .*3 bytes, and a frame has exactly 4\n$/)
    }),
  )

  it.scopedLive("cannot have flags that contradict each other", () =>
    Effect.gen(function* () {
      const wrong: ReadonlyArray<readonly [ReadonlyArray<string>, RegExp]> = [
        [["--eol", "lf", "-C"], /^tcpfx: --eol lf and -C \(--crlf\) exclude each other\n$/],
        [["-C", "--hex"], /^tcpfx: --crlf has no effect with --hex, [^\n]*\n$/],
        [["--eol", "cr", "--frame", "line"], /^tcpfx: --eol: cr contradicts --frame line, [^\n]*\n$/],
        [["--eol", "unix"], /^tcpfx: --eol: "unix" is not one of none, lf, crlf, cr\n$/],
        [
          ["--checksum", "modbsu"],
          /^tcpfx: --checksum: "modbsu" is not a checksum \(did you mean "modbus"\?\)[^\n]*\n$/,
        ],
        [["--checksum", "modbus order=up"], /^tcpfx: --checksum: order=up is unknown; expected big or little[^\n]*\n$/],
        [["--checksum", "modbus big"], /^tcpfx: --checksum: "big" is not a setting of a checksum, at character 8;/],
      ]
      for (const [args, message] of wrong) {
        const { code, stderr } = yield* tcpfxRun(["connect", "1", ...args], "")
        expect([args, code]).toEqual([args, 2])
        expect(stderr).toMatch(message)
      }
    }),
  )
})

describe("the payloads of tcpfx serve", () => {
  it.scopedLive("are shaped by the same flags: replies and standard input", () =>
    Effect.gen(function* () {
      const { port } = yield* tcpfxServe(["--reply", "06", "--hex", "--checksum", "sum8"])
      const asking = yield* dialRaw(tcpEndpoint("127.0.0.1", port))
      yield* asking.send("x")
      yield* asking.expect(Buffer.from("0606", "hex"))
      const { port: second, server } = yield* tcpfxServe(["-C"])
      const reading = yield* dialRaw(tcpEndpoint("127.0.0.1", second))
      yield* server.waitFor("stderr", /#1 connected/)
      yield* server.write("hello\n")
      yield* reading.expect("hello\r\n")
    }),
  )

  it.scopedLive("cannot be shaped in a mode that sends nothing", () =>
    expectServeRefuses([
      [["--mode", "echo", "--hex"], /--hex needs --send, --reply, or --mode console, broker or chat/],
      [["--mode", "discard", "-C"], /--crlf needs --send, --reply, or --mode console, broker or chat/],
    ]),
  )
})

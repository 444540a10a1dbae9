import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import { listenRaw } from "../../support/rawListener.ts"
import { tcpfx, tcpfxRun } from "../../support/tcpfxProcess.ts"

describe("tcpfx connect --until", () => {
  it.scopedLive("receives a Modbus answer in two segments, and leaves although the server stays", () =>
    Effect.gen(function* () {
      const { first, port } = yield* listenRaw()
      const question = "00 01 00 00 00 06 01 03 00 00 00 01"
      const client = yield* tcpfx(["connect", `${port}`, "--hex", "--send", question, "--until", "bytes:11"])
      const server = yield* first
      server.write(Buffer.from("0001000000050103", "hex"))
      yield* client.waitForBytes("stdout", 8)
      server.write(Buffer.from("02000a", "hex"))
      expect(yield* client.ended).toEqual({ code: 0, signal: null })
      expect(client.bytes("stdout").toString("hex")).toBe("000100000005010302000a")
    }),
  )

  it.scopedLive("finds a text that is split over three segments", () =>
    Effect.gen(function* () {
      const { first, port } = yield* listenRaw()
      const client = yield* tcpfx(["connect", `${port}`, "--send", "INFO\\r\\n", "--until", "text:db0:keys=1\\r\\n"])
      const server = yield* first
      server.write("$30\r\n# Keyspace\r\ndb0:")
      yield* client.waitFor("stdout", /db0:$/)
      server.write("keys=1")
      yield* client.waitFor("stdout", /keys=1$/)
      server.write("\r\n")
      expect(yield* client.ended).toEqual({ code: 0, signal: null })
    }),
  )

  it.scopedLive("leaves a printer that answers nothing and never closes, after a quiet", () =>
    Effect.gen(function* () {
      let got = ""
      const { port } = yield* listenRaw((socket) => socket.on("data", (data) => (got += String(data))))
      const printed = yield* tcpfxRun(["connect", `${port}`, "--until", "quiet:100ms"], "^XA^FDlabel^XZ")
      expect(printed).toMatchObject({ code: 0, stdout: "", stderr: "" })
      expect(got).toBe("^XA^FDlabel^XZ")
    }),
  )

  it.scopedLive("takes the first of several conditions, and counts frames", () =>
    Effect.gen(function* () {
      const { port } = yield* listenRaw((socket) => socket.write("one\ntwo\nthree\n"))
      const args = ["connect", `${port}`, "--frame", "line", "-d", "--output", "raw"]
      expect(yield* tcpfxRun([...args, "--until", "text:never", "--until", "frames:2"])).toMatchObject({
        code: 0,
        stdout: "one\ntwo\n",
      })
    }),
  )

  it.scopedLive("exits with 1 and says what is missing if the connection ends or a deadline strikes first", () =>
    Effect.gen(function* () {
      const closing = yield* listenRaw((socket) => socket.end("12345"))
      const silent = yield* listenRaw((socket) => socket.write("12345"))
      const until = ["--send", "x", "--until", "bytes:9", "--until", "text:OK\\n"]
      expect(yield* tcpfxRun(["connect", `${closing.port}`, ...until])).toMatchObject({
        code: 1,
        stdout: "12345",
        stderr:
          'tcpfx: the server closed the connection before --until held: no text "OK\\n" came, 5 of 9 bytes came\n',
      })
      expect(yield* tcpfxRun(["connect", `${silent.port}`, ...until, "-i", "100ms"])).toMatchObject({
        code: 1,
        stderr:
          'tcpfx: the connection ended before --until held: it sent nothing for 100 ms; no text "OK\\n" came, 5 of 9 bytes came\n',
      })
      expect(yield* tcpfxRun(["connect", `${silent.port}`, ...until, "-q", "100ms"])).toMatchObject({
        code: 1,
        stderr:
          'tcpfx: --until did not hold within 100 ms after the end of the input (-q): no text "OK\\n" came, 5 of 9 bytes came\n',
      })
    }),
  )

  it.scopedLive("exits with 1 at the time of -w, although the server sends other data without end", () =>
    Effect.gen(function* () {
      const { port } = yield* listenRaw((socket) => {
        const timer = setInterval(() => socket.write("x\n"), 20)
        socket.on("close", () => clearInterval(timer))
      })
      const silent = yield* listenRaw()
      const late = ["-d", "-w", "300ms"]
      const endless = yield* tcpfxRun(["connect", `${port}`, ...late, "--until", "text:never"])
      expect([endless.code, endless.stderr]).toEqual([
        1,
        'tcpfx: --until did not hold within 300 ms (-w): no text "never" came\n',
      ])
      expect(yield* tcpfxRun(["connect", `${silent.port}`, ...late, "--once"])).toMatchObject({
        code: 1,
        stderr: "tcpfx: the server sent no reply within 300 ms (-w)\n",
      })
      expect(yield* tcpfxRun(["connect", `${silent.port}`, "-q", "50ms", "--once"])).toMatchObject({
        code: 1,
        stderr: "tcpfx: the server sent no reply within 50 ms after the end of the input (-q)\n",
      })
    }),
  )

  it.scopedLive("leaves at once beside rules too, although the server stays connected", () =>
    Effect.gen(function* () {
      const { port } = yield* listenRaw((socket) => {
        socket.write("login: ")
        socket.on("data", (data) => socket.write(`hello ${data}`))
      })
      // A conversation that waits for the FIN of the server would end only after this time.
      const patient = { env: { TCPFX_CLOSE_DEADLINE: "10m" } }
      const rule = ["--rule", 'log when contains "login" reply joe\\n']
      const { code, stderr, stdout } = yield* tcpfxRun(
        ["connect", `${port}`, ...rule, "--until", "text:joe"],
        "",
        patient,
      )
      expect([code, stderr, stdout]).toEqual([0, "", "login: hello joe\n"])
    }),
  )

  it.scopedLive("is refused with 2 and one line if it is wrong", () =>
    Effect.gen(function* () {
      for (const [args, problem] of [
        [
          ["--until", "soon"],
          /--until: "soon" is not a condition; expected quiet:TIME, bytes:N, text:TEXT or frames:N/,
        ],
        [["--until", "bytes:0"], /--until: "0" is not a size/],
        [["--until", "text:\\q"], /--until: "\\\\q" is not a text with escapes/],
        [["--until", "frames:1"], /--until frames:N needs a framing/],
        [["--until", "bytes:1", "--once"], /--until and --once exclude each other/],
        [["--recv-only", "--send", "x"], /--send contradicts --recv-only/],
        [["--send-only", "--once"], /--once needs received data/],
        [["--send-only", "--only", "in"], /--only in needs received data/],
        [["--send-only", "-q", "1"], /--quit has no effect with --send-only/],
        [["--send-only", "-d"], /--send-only has nothing to send with --no-stdin/],
        [
          ["--frame", "line", "--until", "text:OK\\r\\n"],
          /--until text:OK\\r\\n never holds: it contains the end of a frame of --frame line/,
        ],
        [["-w", "0"], /--connect-timeout: "0" is not a deadline/],
        [["--frame", "line", "--heartbeat", "a\\nb"], /--heartbeat: the payload cannot be sent as one frame \(line\)/],
        [["--reconnect", "--wait", "5s"], /--wait has no effect with --reconnect/],
      ] as const) {
        const { code, stderr } = yield* tcpfxRun(["connect", "127.0.0.1:9", ...args])
        expect([args, code, stderr]).toEqual([args, 2, expect.stringMatching(problem)])
      }
    }),
  )
})

describe("tcpfx connect", () => {
  it.scopedLive("--send-only sends everything, drops what comes, and leaves a server that stays", () =>
    Effect.gen(function* () {
      let got = 0
      const { port } = yield* listenRaw((socket) => {
        socket.write("noise")
        socket.on("data", ({ length }) => (got += length))
      })
      const result = yield* tcpfxRun(["connect", `${port}`, "--send-only"], new Uint8Array(2_000_000))
      expect([result.code, result.stdout, got]).toEqual([0, "", 2_000_000])
    }),
  )

  it.scopedLive("-d and --recv-only read no input and send no FIN", () =>
    Effect.gen(function* () {
      for (const flag of ["-d", "--recv-only"]) {
        let got = ""
        let hasFin = false
        const { port } = yield* listenRaw((socket) => {
          socket.on("data", (data) => (got += String(data)))
          socket.on("end", () => (hasFin = true))
          setTimeout(() => socket.end(`${hasFin}`), 50)
        })
        expect(yield* tcpfxRun(["connect", `${port}`, flag], "input")).toMatchObject({ code: 0, stdout: "false" })
        expect(got).toBe("")
      }
    }),
  )

  it.scopedLive("-N sends FIN beside -d, and -d sends none after --send", () =>
    Effect.gen(function* () {
      const { port } = yield* listenRaw((socket) => {
        let hasFin = false
        socket.on("end", () => (hasFin = true))
        socket.on("data", () => setTimeout(() => socket.end(`${hasFin}`), 50))
        socket.on("end", () => socket.end("FIN"))
      })
      expect(yield* tcpfxRun(["connect", `${port}`, "-d", "-N"], "x")).toMatchObject({ code: 0, stdout: "FIN" })
      expect(yield* tcpfxRun(["connect", `${port}`, "-d", "--send", "x"])).toMatchObject({ code: 0, stdout: "false" })
    }),
  )

  it.scopedLive("--on-connect sends its texts first, in the form of --send, on each connection", () =>
    Effect.gen(function* () {
      const logins = yield* Queue.unbounded<string>()
      const { port } = yield* listenRaw((socket) =>
        socket.on("data", (data) => {
          Queue.unsafeOffer(logins, data.toString("hex"))
          socket.resetAndDestroy()
        }),
      )
      const login = ["--hex", "--checksum", "modbus", "--on-connect", "01 03 00 00 00 01"]
      yield* tcpfx(["connect", `${port}`, ...login, "--reconnect", "--reconnect-delay", "10ms"])
      for (let connection = 1; connection <= 3; connection++) expect(yield* Queue.take(logins)).toBe("010300000001840a")
    }),
  )

  it.scopedLive("--heartbeat works with raw framing: the peer gets its bytes alone", () =>
    Effect.gen(function* () {
      const { first, port } = yield* listenRaw()
      yield* tcpfx(["connect", `${port}`, "-d", "--heartbeat", "\\x00\\xff", "--heartbeat-interval", "50ms"])
      const socket = yield* first
      const beat = yield* Effect.async<Buffer>(
        (resume) => void socket.once("data", (data) => resume(Effect.succeed(data))),
      )
      expect(beat.toString("hex")).toBe("00ff")
    }),
  )
})

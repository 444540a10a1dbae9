import { createHash, randomBytes } from "node:crypto"
import { readFileSync } from "node:fs"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { decodeServerEventLine, tcpEndpoint } from "../../../src/domain/index.ts"
import { dialRaw } from "../../support/rawPeer.ts"
import { tcpfxServe } from "../../support/tcpfxProcess.ts"
import { string } from "../../support/texts.ts"

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex")
const local = (port: number) => tcpEndpoint("127.0.0.1", port)
const everyByte = Uint8Array.from({ length: 256 }, (_, byte) => byte)

describe("tcpfx serve, as a process", () => {
  it.scopedLive(
    "shows clients by number, with address, reason and byte counts, and sends them each line of its input",
    () =>
      Effect.gen(function* () {
        const { server, port } = yield* tcpfxServe()
        const first = yield* dialRaw(local(port))
        yield* server.waitFor("stderr", /#1 connected from 127\.0\.0\.1:\d+/)
        const second = yield* dialRaw(local(port))
        yield* server.waitFor("stderr", /#2 connected from 127\.0\.0\.1:\d+/)
        yield* first.send("hello\n")
        yield* server.waitFor("stdout", /^\d\d:\d\d:\d\d\.\d{3} #1 < hello\\n$/m)
        yield* server.write("to all\n")
        yield* first.expect("to all\n")
        yield* second.expect("to all\n")
        yield* server.waitFor("stdout", /^\S+ #1,#2 > to all\\n$/m)
        yield* server.endInput
        yield* first.halfClose
        yield* server.waitFor("stderr", /#1 closed: by the peer; 6 B in, 7 B out, after .*; 127\.0\.0\.1:\d+/)
        yield* second.reset
        yield* server.waitFor("stderr", /#2 closed: reset by the peer; 0 B in, 7 B out/)
        const third = yield* dialRaw(local(port))
        yield* third.send("still here")
        yield* server.waitFor("stdout", /#3 < still here$/m)
      }),
  )

  it.scopedLive("keeps piped input for the first client, and reports and skips lines above --max-frame", () =>
    Effect.gen(function* () {
      const { server, port } = yield* tcpfxServe(["--frame", "line", "--max-frame", "5"])
      yield* server.write("first\nfar too long\nthird\n")
      // The server has read the input, and no client is connected.
      yield* server.waitFor(
        "stderr",
        /^tcpfx: line 2 of standard input was not sent: its 12 bytes are above 5 \(--max-frame\)$/m,
      )
      const client = yield* dialRaw(local(port))
      yield* client.expect("first\nthird\n")
      yield* server.write("more\n")
      yield* client.expect("more\n")
    }),
  )

  it.scopedLive("shows the characters of two clients as a whole, when both send pieces by turns", () =>
    Effect.gen(function* () {
      const { server, port } = yield* tcpfxServe()
      const [a, b] = yield* Effect.all([dialRaw(local(port)), dialRaw(local(port))])
      const euro = new TextEncoder().encode("€")
      yield* a.send(euro.subarray(0, 1))
      yield* b.send(euro.subarray(0, 2))
      yield* a.send("")
      yield* b.send(euro.subarray(2))
      yield* a.send(euro.subarray(1))
      yield* a.send(" from a\u001b[2J")
      yield* b.send(" from b")
      yield* server.waitFor("stdout", /from a\\e\[2J/)
      yield* server.waitFor("stdout", /from b/)
      expect(server.text("stdout")).not.toMatch(/\\x|\ufffd|\u001b/)
      expect(server.text("stdout").match(/€/g)).toHaveLength(2)
    }),
  )

  it.scopedLive("relays between clients, every byte value, never back to the sender", () =>
    Effect.gen(function* () {
      const { server, port } = yield* tcpfxServe(["--broker"])
      const [a, b, c] = yield* Effect.all([dialRaw(local(port)), dialRaw(local(port)), dialRaw(local(port))])
      yield* server.waitFor("stderr", /#3 connected/)
      const data = Buffer.concat([everyByte, randomBytes(300_000)])
      yield* a.send(data)
      expect(sha256(yield* b.take(data.length))).toBe(sha256(data))
      expect(sha256(yield* c.take(data.length))).toBe(sha256(data))
      yield* b.send("b!")
      yield* a.expect("b!")
      yield* c.halfClose
      yield* server.waitFor("stderr", /#3 sent FIN/)
      yield* server.write("to the half-closed too\n")
      yield* c.expect("b!to the half-closed too\n")
    }),
  )

  it.scopedLive("echoes, discards and replies, and closes once the client has sent its end", () =>
    Effect.forEach(
      [
        { args: ["--mode", "echo"], answer: "ping" },
        { args: ["--mode", "discard"], answer: "" },
        { args: ["--reply", "Hello, client!\\x21\\n"], answer: "Hello, client!!\n" },
      ],
      ({ args, answer }) =>
        Effect.gen(function* () {
          const { port } = yield* tcpfxServe(args)
          const client = yield* dialRaw(local(port))
          yield* client.send("ping")
          yield* client.halfClose
          expect(string(yield* client.takeRest)).toBe(answer)
        }).pipe(Effect.scoped),
    ),
  )

  it.scopedLive("answers thousands of frames of one read no faster than their sender takes the answers", () =>
    Effect.gen(function* () {
      const { server, port } = yield* tcpfxServe(["--frame", "line", "--no-traffic", "--reply", "r".repeat(1023)])
      const deaf = yield* dialRaw(local(port), { reads: false })
      const frames = 60_000
      yield* deaf.send("\n".repeat(frames))
      const other = yield* dialRaw(local(port))
      yield* other.send("\n")
      yield* other.expect(`${"r".repeat(1023)}\n`)
      const resident = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${server.child.pid}/status`, "utf8"))?.[1]
      expect(Number(resident) / 1024).toBeLessThan(150)
      yield* deaf.startReading
      expect((yield* deaf.take(frames * 1024)).length).toBe(frames * 1024)
    }),
  )

  it.scopedLive("never mixes the lines of two senders when frames are lines", () =>
    Effect.gen(function* () {
      const { server, port } = yield* tcpfxServe(["--broker", "--frame", "line"])
      const [reader, a, b] = yield* Effect.all([dialRaw(local(port)), dialRaw(local(port)), dialRaw(local(port))])
      yield* server.waitFor("stderr", /#3 connected/)
      for (let round = 0; round < 50; round++) {
        yield* a.send(`a${round} first half,`)
        yield* b.send(`b${round} first half,`)
        yield* a.send(" second half\n")
        yield* b.send(" second half\n")
      }
      const whole = (name: string) =>
        Array.from({ length: 50 }, (_, round) => `${name}${round} first half, second half`)
      const expected = [...whole("a"), ...whole("b")]
      const bytes = expected.reduce((sum, text) => sum + text.length + 1, 0)
      const lines = string(yield* reader.take(bytes))
        .trimEnd()
        .split("\n")
      expect(lines.filter((text) => text.startsWith("a"))).toEqual(whole("a"))
      expect(lines.filter((text) => text.startsWith("b"))).toEqual(whole("b"))
    }),
  )

  it.scopedLive("closes only the client that exceeds --max-frame, with the reason", () =>
    Effect.gen(function* () {
      const { server, port } = yield* tcpfxServe(["--frame", "line", "--max-frame", "1KiB"])
      const [good, bad] = yield* Effect.all([dialRaw(local(port)), dialRaw(local(port))])
      yield* server.waitFor("stderr", /#2 connected/)
      yield* bad.send("x".repeat(1025))
      yield* server.waitFor("stderr", /#\d closed: it sent a frame above 1024 bytes/)
      yield* bad.closed
      yield* good.send(`${"y".repeat(1024)}\n`)
      yield* server.waitFor("stdout", /y{1024}$/m)
    }),
  )

  it.scopedLive("writes JSON lines that the schema of the library reads", () =>
    Effect.gen(function* () {
      const { server, port } = yield* tcpfxServe(["--output", "json", "--mode", "echo"])
      const client = yield* dialRaw(local(port))
      yield* client.send(Uint8Array.of(0x68, 0x69, 0xff))
      yield* client.halfClose
      yield* client.takeRest
      yield* server.waitFor("stdout", /ConnectionClosed/)
      yield* server.kill("SIGTERM")
      yield* server.ended
      const lines = server.text("stdout").trimEnd().split("\n")
      const events = lines.map((text) => Either.getOrThrow(decodeServerEventLine(text)))
      expect(events.map((event) => event._tag)).toEqual([
        "Listening",
        "ConnectionOpened",
        "FrameReceived",
        "ConnectionHalfClosed",
        "ConnectionClosed",
        "ListenStopped",
        "DrainStarted",
        "DrainFinished",
      ])
      expect(events.map((event) => event.seq)).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
      expect(events[2]).toMatchObject({ id: 1, bytes: Uint8Array.of(0x68, 0x69, 0xff) })
    }),
  )

  it.scopedLive("writes only the bytes of the peers with raw output", () =>
    Effect.gen(function* () {
      const { server, port } = yield* tcpfxServe(["--output", "raw"])
      const client = yield* dialRaw(local(port))
      const data = Buffer.concat([everyByte, randomBytes(1_000_000)])
      yield* client.send(data)
      expect(sha256(yield* server.waitForBytes("stdout", data.length))).toBe(sha256(data))
    }),
  )
})

import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import { dialWith, haveAll, serveAt, tcpOpen, telnet } from "../support/peers.ts"

describe.skipIf(!haveAll(telnet))("the program telnet", () => {
  it.scopedLive("sends its lines without its commands to a server with --telnet", () =>
    Effect.gen(function* () {
      const { server, endpoint } = yield* serveAt(tcpOpen, "--telnet", "--frame", "line", "--reply", "ok\\xff")
      const client = yield* dialWith(telnet, endpoint)
      yield* client.write("hello 你好\n")
      yield* client.waitFor("stdout", /ok/)
      expect(client.bytes("stdout").includes(Buffer.from([0x6f, 0x6b, 0xff, 0x0a]))).toBe(true)
      yield* client.write("\u001dsend do echo\n")
      // The program drops a line that it reads together with its own command, so the line is typed until it arrives.
      const typed = Effect.repeat(client.write("second\n"), Schedule.spaced("500 millis"))
      yield* Effect.raceFirst(server.waitFor("stdout", /< second$/m), typed)
      const [first, ...others] = server.text("stdout").match(/(?<=< ).*/g) ?? []
      expect([first, ...new Set(others)]).toEqual(["hello 你好", "second"])
    }),
  )
})

import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { type Assistant, loadEncoding, ServerAssistant } from "../../src/assistant/index.ts"
import { type ConnectionId, Assistant as Domain, Framing } from "../../src/domain/index.ts"
import { Testing } from "../../src/testing/index.ts"
import { clientWindow, command, framesOf, overMemory, rowsOf, serverWindow, text } from "../support/assistants.ts"
import { string, utf8 } from "../support/texts.ts"

const onlyClient = (id: number) => Domain.onlyClient(id as ConnectionId)

/** The connected clients, after the server has reported the ends of the others. */
const clientsOf = (assistant: Assistant, request: Partial<Domain.ClientsRequest> = {}) =>
  Effect.map(assistant.clients({ from: 0, count: 100, ...request }), ({ rows }) => rows)

it.scoped("GBK split over reads is shown whole, from two clients at once, and sent as GBK", () =>
  overMemory(
    Effect.gen(function* () {
      const { assistant, connect } = yield* serverWindow()
      const gbk = yield* loadEncoding("gbk")
      const bytes = (words: string) => Either.getOrThrow(gbk.encode(words))
      const [one, two] = [yield* connect(), yield* connect()]
      expect(yield* assistant.execute(command("encoding @all gbk"))).toMatchObject({ to: [1, 2] })
      const [first, second] = [bytes("温度二十五度"), bytes("压力正常")]
      const sendAndWait = (connection: typeof one, part: Uint8Array, count: number) =>
        Effect.gen(function* () {
          yield* connection.send(part)
          while ((yield* framesOf(assistant)).length < count) yield* Effect.yieldNow()
        })
      yield* sendAndWait(one, first.subarray(0, 3), 1)
      yield* sendAndWait(two, second.subarray(0, 1), 2)
      yield* sendAndWait(one, first.subarray(3, 8), 3)
      yield* sendAndWait(two, second.subarray(1, 8), 4)
      yield* sendAndWait(one, first.subarray(8), 5)
      expect(yield* framesOf(assistant)).toEqual(["1<温", "2<", "1<度二十", "2<压力正常", "1<五度"])
      expect(yield* framesOf(assistant, { text: "度二" })).toEqual(["1<度二十"])
      yield* assistant.execute({ _tag: "Send", to: onlyClient(2), payload: text("收到") })
      expect(yield* Testing.receiveBytes(two, 4)).toEqual(bytes("收到"))
      yield* assistant.execute(command("encoding @1 utf-8 out"))
      yield* assistant.execute({ _tag: "Send", payload: text("好") })
      expect(string(yield* Testing.receiveBytes(one, 3))).toBe("好")
      expect(yield* Effect.flip(assistant.execute({ _tag: "SetEncoding", encoding: "klingon" }))).toMatchObject({
        reason: "value",
      })
    }),
  ),
)

it.scoped("ten thousand frames are counted exactly, although the log drops rows", () =>
  overMemory(
    Effect.gen(function* () {
      const { assistant, connect } = yield* serverWindow({ settings: { frame: Framing.line }, logBytes: 64 * 1024 })
      const clients = [yield* connect(), yield* connect()]
      for (let count = 0; count < 5000; count++) {
        for (const client of clients) yield* client.send(utf8(`frame ${count} of a client that sends a lot`))
      }
      while ((yield* assistant.state).traffic.framesIn < 10_000) yield* Effect.yieldNow()
      const { log, traffic } = yield* assistant.state
      expect(traffic.framesIn).toBe(10_000)
      const notes = 3
      expect(log.next).toBe(10_000 + notes)
      expect(log.dropped).toBe(log.first)
      expect(log.dropped).toBeGreaterThan(0)
      expect((yield* clientsOf(assistant)).map(({ framesIn }) => framesIn)).toEqual([5000, 5000])
    }),
  ),
)

it.scoped("frames before and between recordings are not in the log, and the log says so", () =>
  overMemory(
    Effect.gen(function* () {
      const assistant = yield* Effect.orDie(ServerAssistant.make({ mode: "echo" }))
      const listening = yield* assistant.execute({ _tag: "Listen", endpoint: "127.0.0.1:0" })
      const client = yield* clientWindow()
      yield* client.execute({ _tag: "Connect", endpoint: listening._tag === "ListeningOn" ? listening.endpoint : "" })
      yield* client.execute({ _tag: "Send", payload: text("before") })
      yield* untilTraffic(client, 6)
      yield* Effect.scoped(
        Effect.gen(function* () {
          yield* assistant.log.record
          yield* client.execute({ _tag: "Send", payload: text("while") })
          yield* untilTraffic(client, 11)
        }),
      )
      yield* client.execute({ _tag: "Send", payload: text("after") })
      yield* untilTraffic(client, 16)
      expect(yield* framesOf(assistant)).toEqual(["1<while"])
      const { traffic } = yield* assistant.state
      expect(traffic).toMatchObject({ bytesIn: 16, bytesOut: 16, framesIn: 1 })
      const notes = (yield* rowsOf(assistant)).filter(({ kind }) => kind === "announcement")
      expect(notes.map((row) => row.text)).toContain("6 bytes in and 6 bytes out before this row were not recorded")
    }),
  ),
)

const untilTraffic = (assistant: Assistant, bytesIn: number) =>
  Effect.gen(function* () {
    while ((yield* assistant.state).traffic.bytesIn < bytesIn) yield* Effect.yieldNow()
  })

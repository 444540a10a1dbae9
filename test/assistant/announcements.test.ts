import { describe, expect, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { describeClientEvent, describeServerEvent } from "../../src/assistant/index.ts"
import { ClientEvent, ServerEvent } from "../../src/domain/index.ts"
import { MemoryTransport } from "../../src/transport/index.ts"
import { command, rowsOf, serverWindow } from "../support/assistants.ts"
import { anyOf, tagsOf } from "../support/eventArbitraries.ts"
import { runs } from "../support/properties.ts"
import { string } from "../support/texts.ts"

const isFrame = ({ _tag }: { readonly _tag: string }) => _tag === "FrameReceived" || _tag === "FrameSent"
const hasChinese = /\p{Script=Han}/u

describe("announcements in Chinese", () => {
  it.prop(
    "exist for every event, with the tone of the English ones",
    [anyOf(ServerEvent), anyOf(ClientEvent)],
    ([ofServer, ofClient]) => {
      for (const [english, chinese, event] of [
        [describeServerEvent(ofServer), describeServerEvent(ofServer, "zh"), ofServer] as const,
        [describeClientEvent(ofClient), describeClientEvent(ofClient, "zh"), ofClient] as const,
      ]) {
        expect(chinese.tone).toBe(english.tone)
        if (!isFrame(event)) expect(chinese.text).toMatch(hasChinese)
      }
    },
    runs(500),
  )

  it("name each event differently", () => {
    expect(tagsOf(ServerEvent).length).toBeGreaterThan(10)
    const at = { seq: 1, at: 0 }
    const texts = (["peer", "local"] as const).flatMap((by) => [
      describeServerEvent({ _tag: "ConnectionHalfClosed", ...at, id: 3 as never, by }, "zh").text,
      describeClientEvent({ _tag: "HalfClosed", ...at, by }, "zh").text,
    ])
    expect(new Set(texts).size).toBe(4)
  })

  it.scoped("appear in rows, in filters and in saved logs if the request asks for them", () =>
    Effect.gen(function* () {
      const { assistant, connect, events } = yield* serverWindow()
      yield* connect()
      yield* assistant.execute(command("pause @1"))
      yield* assistant.execute(command("suspend"))
      yield* assistant.execute({ _tag: "Listen", endpoint: "nowhere:x" }).pipe(Effect.flip)
      yield* assistant.execute(command("kick @1"))
      yield* events.first("ConnectionClosed", 1)
      const rows = yield* assistant.log.rows({ from: 0, count: 100, view: "text", language: "zh" })
      expect(rows.map(({ text }) => text)).toEqual([
        expect.stringMatching(/^正在监听 127\.0\.0\.1:\d+$/),
        expect.stringMatching(/^#1 已连接，来自 /),
        "已暂停读取",
        "拒绝新的连接",
        "无法监听 nowhere:x：端点无效",
        expect.stringMatching(/^#1 已断开：已被踢出；接收 0 B，发送 0 B，历时 /),
      ])
      const found = yield* rowsOf(assistant, { text: "已断开", language: "zh" })
      expect(found.map(({ row }) => row)).toEqual([5])
      expect(yield* rowsOf(assistant, { text: "已断开" })).toEqual([])
      // A filter with only a language matches every row.
      expect(yield* rowsOf(assistant, { language: "zh" })).toHaveLength(6)
      const pieces = yield* Stream.runCollect(assistant.log.save("text", { regex: "读取$", language: "zh" }, "zh"))
      expect(string(Buffer.concat(Chunk.toReadonlyArray(pieces)))).toMatch(/^\S+ \S+ #1 \* 已暂停读取\n$/)
    }).pipe(Effect.provide(MemoryTransport.layer())),
  )
})

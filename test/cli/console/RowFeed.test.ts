import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { RowFeed } from "../../../src/cli/console/RowFeed.ts"
import { Framing } from "../../../src/domain/index.ts"
import { Waiters } from "../../../src/runtime/Waiters.ts"
import { MemoryTransport } from "../../../src/transport/index.ts"
import { serverWindow } from "../../support/assistants.ts"
import { utf8 } from "../../support/texts.ts"

/** A window with one client, and its feed. `until` reads the feed until a row has a text. */
const feeding = Effect.gen(function* () {
  const { assistant, connect } = yield* serverWindow({ settings: { frame: Framing.line } })
  const waiters = new Waiters()
  const feed = yield* RowFeed.make(assistant, () => waiters.wake())
  const until = (last: string) =>
    Effect.gen(function* () {
      const texts: Array<string> = []
      let leftOut = 0
      while (texts.at(-1) !== last) {
        const read = yield* feed.read
        leftOut += read.leftOut
        texts.push(...read.rows.map(({ text = "" }) => text))
        if (read.rows.length === 0 && read.leftOut === 0) yield* waiters.waitThen(Effect.void)
      }
      return { texts, leftOut }
    })
  const client = yield* connect()
  const send = (...lines: ReadonlyArray<string>) => Effect.forEach(lines, (line) => client.send(utf8(line)))
  return { assistant, feed, until, send, client }
})

describe("the rows that a console reads", () => {
  it.scopedLive("come in order and once, and those above a frame are counted in their place", () =>
    Effect.gen(function* () {
      const { feed, send, until } = yield* feeding
      yield* send("one", "two")
      const { leftOut, texts } = yield* until("two")
      expect([leftOut, texts.slice(-2)]).toEqual([0, ["one", "two"]])
      const lines = Array.from({ length: 500 }, (_, at) => `line ${at}`)
      yield* send(...lines, "end")
      const many = yield* until("end")
      expect(many.leftOut + many.texts.length).toBe(501)
      expect(many.texts.slice(-60)).toEqual([...lines.slice(-59), "end"])
      expect(feed.notShown).toBe(many.leftOut)
    }).pipe(Effect.provide(MemoryTransport.layer())),
  )

  it.scopedLive("include the row of a command as soon as the command is carried out", () =>
    Effect.gen(function* () {
      const { assistant, feed, send, until } = yield* feeding
      yield* send("begin")
      yield* until("begin")
      yield* assistant.execute({ _tag: "Broadcast", payload: { form: "text", content: "typed" } })
      expect((yield* feed.read).rows.map(({ text }) => text)).toEqual(["typed"])
    }).pipe(Effect.provide(MemoryTransport.layer())),
  )

  it.scopedLive("are only those that match the filter, with the last ones before it", () =>
    Effect.gen(function* () {
      const { feed, send, until } = yield* feeding
      yield* send("ERR a", "fine", "ERR b", "end")
      yield* until("end")
      yield* feed.setFilter({ text: "err" })
      expect((yield* until("ERR b")).texts).toEqual(["ERR a", "ERR b"])
      yield* send("fine", "ERR c")
      expect((yield* until("ERR c")).texts).toEqual(["ERR c"])
      yield* feed.setFilter(undefined)
      const { texts } = yield* until("ERR c")
      expect(texts.slice(-2)).toEqual(["fine", "ERR c"])
    }).pipe(Effect.provide(MemoryTransport.layer())),
  )

  it.scopedLive("continue after the log is cleared, and an invalid filter changes nothing", () =>
    Effect.gen(function* () {
      const { assistant, feed, send, until } = yield* feeding
      yield* send("one")
      yield* until("one")
      const { message } = yield* Effect.flip(feed.setFilter({ regex: "(" }))
      expect(message).toMatch(/regular expression is invalid/)
      yield* assistant.execute({ _tag: "ClearLog" })
      yield* send("two")
      expect((yield* until("two")).texts).toEqual(["two"])
    }).pipe(Effect.provide(MemoryTransport.layer())),
  )
})

import { describe, expect, it } from "@effect/vitest"
import { Replies } from "../../../src/server/internal/Replies.ts"

const utf8 = (text: string) => new TextEncoder().encode(text)

describe("replies that are not written yet", () => {
  it("call back when all of them are written, and not before", () => {
    const written: Array<number> = []
    let takes = 1
    const replies = new Replies(
      {
        write: (bytes) => {
          written.push(bytes.length)
          return --takes > 0
        },
        onSent: () => {},
      },
      (payload) => payload,
      40,
    )
    replies.add(utf8("four"), 25)
    replies.flush()
    let isSent = false
    replies.whenSent(() => {
      isSent = true
    })
    expect([isSent, replies.hasUnsent(), written]).toEqual([false, true, [40]])
    takes = 10
    replies.flush()
    expect([isSent, replies.hasUnsent(), written]).toEqual([true, false, [40, 40, 20]])
  })

  it("go in one write up to the size of a batch, and take memory until they are written", () => {
    const written: Array<string> = []
    let takes = 0
    const sent: Array<string> = []
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes)
    const replies = new Replies(
      {
        write: (bytes) => {
          written.push(text(bytes))
          return --takes > 0
        },
        onSent: (payload) => sent.push(text(payload)),
      },
      (payload) => payload,
      8,
    )
    for (const payload of ["one", "two", "three", "a payload above the batch", "x"]) replies.add(utf8(payload), 1)
    const all = replies.bytes
    replies.flush()
    expect([written, sent, all - replies.bytes]).toEqual([["onetwo"], ["one", "two"], 2 * 256 + 6])
    takes = 10
    replies.flush()
    expect(written).toEqual(["onetwo", "three", "a payload above the batch", "x"])
    expect(replies.bytes).toBe(0)
  })

  it("of a later turn are written before callers that wait for the last reply are called", async () => {
    const log: Array<string> = []
    const replies = new Replies(
      { write: (bytes) => log.push(`${bytes.length}`) > 0, onSent: () => {} },
      (payload) => payload,
      40,
    )
    replies.add(utf8("1"), 1)
    const again = (left: number) => (): void => {
      replies.add(utf8("more"), 1)
      if (left > 0) replies.defer(again(left - 1))
    }
    replies.defer(again(2))
    const paid = new Promise<void>((resolve) => {
      replies.whenSent(() => {
        log.push("paid")
        resolve()
      })
    })
    expect(log).toEqual(["1"])
    await paid
    expect(log).toEqual(["1", "4", "4", "4", "paid"])
    expect([replies.bytes, replies.isDeferred()]).toEqual([0, false])
  })

  it("are not called back after the end", async () => {
    const replies = new Replies({ write: () => true, onSent: () => {} }, (payload) => payload, 40)
    let isCalled = false
    replies.defer(() => {
      isCalled = true
    })
    replies.end()
    await new Promise((resolve) => setImmediate(resolve))
    expect(isCalled).toBe(false)
  })

  it("to a hundred thousand payloads are written in linear time", () => {
    let writes = 0
    const replies = new Replies({ write: () => ++writes > 0, onSent: () => {} }, (payload) => payload, 64)
    const payload = utf8("pong")
    for (let count = 0; count < 100_000; count++) replies.add(payload, 1)
    const begin = performance.now()
    replies.flush()
    expect(performance.now() - begin).toBeLessThan(1000)
    expect([writes, replies.bytes]).toEqual([6250, 0])
  })

  it("call back at once if there are none", () => {
    let isSent = false
    new Replies({ write: () => true, onSent: () => {} }, (payload) => payload, 40).whenSent(() => {
      isSent = true
    })
    expect(isSent).toBe(true)
  })
})

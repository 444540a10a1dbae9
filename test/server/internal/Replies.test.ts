import { describe, expect, it } from "@effect/vitest"
import { Replies } from "../../../src/server/internal/Replies.ts"

const utf8 = (text: string) => new TextEncoder().encode(text)

describe("replies that are owed", () => {
  it("call back when all of them are written, not before", () => {
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
    replies.owe(utf8("four"), 25)
    replies.pay()
    let isPaid = false
    replies.whenPaid(() => {
      isPaid = true
    })
    expect([isPaid, replies.isOwing(), written]).toEqual([false, true, [40]])
    takes = 10
    replies.pay()
    expect([isPaid, replies.isOwing(), written]).toEqual([true, false, [40, 40, 20]])
  })

  it("call back at once where nothing is owed", () => {
    let isPaid = false
    new Replies({ write: () => true, onSent: () => {} }, (payload) => payload, 40).whenPaid(() => {
      isPaid = true
    })
    expect(isPaid).toBe(true)
  })
})

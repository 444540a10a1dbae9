import { describe, expect, it } from "@effect/vitest"
import { TimerQueue } from "../../src/runtime/TimerQueue.ts"

describe("a queue of timers", () => {
  it("calls due timers in order, each once, and knows the next due time", () => {
    const queue = new TimerQueue(100)
    const fired: Array<string> = []
    queue.add(0, () => fired.push("first"))
    queue.add(50, () => fired.push("second"))
    queue.add(50, () => fired.push("third"))
    expect(queue.nextDue()).toBe(100)
    expect(queue.expire(99)).toEqual([])
    expect(fired).toEqual([])
    queue.expire(100)
    expect([fired, queue.nextDue()]).toEqual([["first"], 150])
    queue.expire(1000)
    queue.expire(2000)
    expect([fired, queue.nextDue()]).toEqual([["first", "second", "third"], undefined])
  })

  it("forgets a cancelled timer, wherever it is in the queue, and ignores a second cancel", () => {
    const queue = new TimerQueue(1)
    const fired: Array<number> = []
    const cancels = [0, 1, 2, 3].map((name) => queue.add(0, () => fired.push(name)))
    for (const name of [1, 0, 3]) {
      cancels[name]?.()
      cancels[name]?.()
    }
    queue.expire(1)
    expect(fired).toEqual([2])
    cancels[2]?.()
    expect(queue.nextDue()).toBe(undefined)
  })

  it("returns what callbacks throw, and calls the other ones", () => {
    const queue = new TimerQueue(1)
    const fired: Array<string> = []
    const fault = new Error("fault")
    queue.add(0, () => {
      throw fault
    })
    queue.add(0, () => fired.push("after it"))
    expect(queue.expire(1)).toEqual([fault])
    expect(fired).toEqual(["after it"])
  })

  it("accepts that a callback adds or cancels a timer", () => {
    const queue = new TimerQueue(10)
    const fired: Array<string> = []
    let cancel = () => {}
    queue.add(0, () => {
      cancel()
      queue.add(10, () => fired.push("set meanwhile"))
    })
    cancel = queue.add(0, () => fired.push("cancelled"))
    queue.expire(10)
    expect([fired, queue.nextDue()]).toEqual([[], 20])
    queue.expire(20)
    expect(fired).toEqual(["set meanwhile"])
  })
})

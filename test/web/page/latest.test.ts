import { describe, expect, it } from "@effect/vitest"
import { makeLatest } from "../../../src/web/ui/link/latest.ts"

const recorder = () => {
  const sent: Array<number> = []
  const dones: Array<() => void> = []
  const stopped: Array<number> = []
  const latest = makeLatest<number>((wanted, done) => {
    sent.push(wanted)
    dones.push(done)
    return () => {
      stopped.push(wanted)
    }
  })
  return { sent, dones, stopped, latest }
}

describe("the latest request", () => {
  it("is sent after the request in progress, without the requests between them", () => {
    const { sent, dones, latest } = recorder()
    for (const wish of [1, 2, 3, 4]) latest.wish(wish)
    expect(sent).toEqual([1])
    dones[0]?.()
    expect(sent).toEqual([1, 4])
    dones[1]?.()
    expect(sent).toEqual([1, 4])
    latest.wish(5)
    expect(sent).toEqual([1, 4, 5])
  })

  it("is sent after a request that is answered at once", () => {
    const sent: Array<number> = []
    const latest = makeLatest<number>((wanted, done) => {
      sent.push(wanted)
      done()
      return () => {}
    })
    latest.wish(1)
    latest.wish(2)
    expect(sent).toEqual([1, 2])
  })

  it("is discarded after a stop, which also stops the request in progress", () => {
    const { sent, dones, stopped, latest } = recorder()
    latest.wish(1)
    latest.wish(2)
    latest.stop()
    dones[0]?.()
    latest.wish(3)
    expect(sent).toEqual([1])
    expect(stopped).toEqual([1])
  })
})

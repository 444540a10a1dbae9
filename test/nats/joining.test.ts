import { describe, expect, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import type { Envelope } from "../../src/hub/nats/internal/envelope.ts"
import type { Gap } from "../../src/hub/nats/internal/Gaps.ts"
import { messageBytes } from "../../src/hub/nats/internal/messageBytes.ts"
import { Origins } from "../../src/hub/nats/internal/Origins.ts"
import { Outbox } from "../../src/hub/nats/internal/Outbox.ts"
import { subjectsOf, tokenOf } from "../../src/hub/nats/internal/subjects.ts"
import { runs } from "../support/properties.ts"

const message = (sequence: number, framesBefore: number, frames: number, body = `${sequence}`): Envelope => ({
  epoch: 7,
  node: "a",
  sequence,
  framesBefore,
  frames,
  continues: false,
  continued: false,
  ends: undefined,
  body: new TextEncoder().encode(body),
})

const piece = (sequence: number, body: string, how: "first" | "middle" | "last"): Envelope => ({
  ...message(sequence, 0, how === "last" ? 1 : 0, body),
  continues: how !== "last",
  continued: how !== "first",
})

const text = (bytes: Uint8Array | undefined) => new TextDecoder().decode(bytes)

describe("the positions of other nodes", () => {
  it("take each message once, and count the frames of a gap", () => {
    const origins = new Origins(1000)
    expect(origins.take(message(5, 20, 2))).toMatchObject({ missed: 0, frames: 2 })
    expect(origins.take(message(5, 20, 2))).toBe(undefined)
    expect(origins.take(message(7, 25, 1))).toMatchObject({ missed: 3, total: 3, frames: 1 })
    expect(origins.take(message(6, 22, 3))).toBe(undefined)
    expect(origins.announce(7, "a", 8, 26)).toBe(undefined)
    expect(origins.announce(7, "a", 9, 30)).toMatchObject({ missed: 4, total: 7, frames: 0 })
    expect(origins.take(message(9, 30, 1))).toMatchObject({ missed: 0, frames: 1 })
  })

  it("join the pieces of a long run", () => {
    const origins = new Origins(1000)
    origins.announce(7, "a", 0, 0)
    expect(origins.take(piece(0, "ab", "first"))).toBe(undefined)
    expect(origins.take(piece(1, "cd", "middle"))).toBe(undefined)
    expect(origins.take(piece(1, "cd", "middle"))).toBe(undefined)
    expect(text(origins.take(piece(2, "ef", "last"))?.body)).toBe("abcdef")
  })

  it("drop a long run with a missing piece, and count its frame once", () => {
    const origins = new Origins(1000)
    origins.announce(7, "a", 0, 0)
    expect(origins.take(piece(0, "ab", "first"))).toBe(undefined)
    expect(origins.take(piece(2, "ef", "last"))).toMatchObject({ missed: 1, frames: 0 })
    expect(origins.take(message(3, 1, 1))).toMatchObject({ missed: 0, total: 1 })
  })

  it("drop a long run that is above the bound", () => {
    const origins = new Origins(5)
    origins.announce(7, "a", 0, 0)
    origins.take(piece(0, "abc", "first"))
    origins.take(piece(1, "def", "middle"))
    expect(origins.take(piece(2, "g", "last"))).toMatchObject({ missed: 1, frames: 0 })
  })

  it("count nothing of a long run that began before the node was heard", () => {
    const origins = new Origins(1000)
    expect(origins.take(piece(1, "cd", "middle"))).toBe(undefined)
    expect(origins.take(piece(2, "ef", "last"))).toBe(undefined)
    expect(origins.take(message(3, 1, 1))).toMatchObject({ missed: 0, frames: 1 })
  })

  it("keep the position of a node when another node has used up the room for origins", () => {
    const origins = new Origins(1000)
    for (let epoch = 100; epoch < 400; epoch++) origins.take({ ...message(0, 0, 1), epoch, node: "many" })
    const of = (sequence: number, before: number) => ({ ...message(sequence, before, 1), epoch: 1, node: "one" })
    expect(origins.take(of(0, 0))).toMatchObject({ missed: 0, frames: 1 })
    expect(origins.take(of(0, 0))).toBe(undefined)
    expect(origins.take(of(2, 2))).toMatchObject({ missed: 1, frames: 1 })
  })

  it("tell the gaps of new, forgotten and long messages", () => {
    const gaps: Array<Gap> = []
    const origins = new Origins(1000, (gap) => gaps.push(gap))
    const taken = () => gaps.splice(0).map(({ from, to }) => [from, to])
    origins.take(message(3, 5, 1))
    expect(taken()).toEqual([[0, 5]])
    origins.forget("a")
    expect([origins.knows(7), origins.knows(8)]).toEqual([true, false])
    origins.take(message(6, 9, 1))
    expect(taken()).toEqual([[6, 9]])
    origins.take({ ...piece(7, "one", "first"), framesBefore: 10 })
    origins.take({ ...piece(9, "three", "last"), framesBefore: 10 })
    expect(taken()).toEqual([[10, 11]])
  })

  it.prop(
    "deliver each frame at most once, in order, and tell all others, whatever is lost and sent again",
    [
      FastCheck.array(
        FastCheck.record({ frames: FastCheck.integer({ min: 1, max: 4 }), isLost: FastCheck.boolean() }),
        { maxLength: 40 },
      ),
      FastCheck.array(FastCheck.nat(40), { maxLength: 6 }),
    ],
    ([sent, rewinds]) => {
      const gaps: Array<Gap> = []
      const origins = new Origins(1000, (gap) => gaps.push(gap))
      origins.announce(7, "a", 0, 0)
      let before = 0
      const messages = sent.map(({ frames, isLost }, sequence) => {
        const made = { envelope: message(sequence, before, frames), isLost }
        before += frames
        return made
      })
      let delivered = 0
      let missed = 0
      let last = -1
      const take = (envelope: Envelope) => {
        const arrival = origins.take(envelope)
        missed += arrival?.missed ?? 0
        if (arrival === undefined || arrival.frames === 0) return
        expect(envelope.sequence).toBeGreaterThan(last)
        last = envelope.sequence
        delivered += arrival.frames
      }
      for (const { envelope, isLost } of messages) {
        if (!isLost) take(envelope)
        // Some messages come again, from an earlier one on.
        for (const from of rewinds)
          if (from < envelope.sequence && from % 7 === envelope.sequence % 7) take(message(from, 0, 1))
      }
      missed += origins.announce(7, "a", messages.length, before)?.missed ?? 0
      expect(delivered + missed).toBe(before)
      const lost = messages.filter(({ isLost }) => isLost).map(({ envelope }) => envelope)
      const gapsWith = ({ framesBefore }: Envelope) =>
        gaps.filter(({ from, to }) => from <= framesBefore && framesBefore < to).length
      expect(messages.filter(({ envelope }) => gapsWith(envelope) === 1).map(({ envelope }) => envelope)).toEqual(lost)
      expect(gaps.reduce((sum, { from, to }) => sum + to - from, 0)).toBe(missed)
    },
    runs(300),
  )
})

describe("the queue for NATS", () => {
  const memory = (...lengths: ReadonlyArray<number>) =>
    lengths.reduce((sum, length) => sum + messageBytes(new Uint8Array(length)), 0)

  const outgoing = (length: number, frames = 1) => ({
    subject: "s",
    bytes: new Uint8Array(length),
    frames,
    position: { sequence: length, frames: 0 },
  })

  it("keeps messages until they are confirmed, and sends the rest again", () => {
    const outbox = new Outbox()
    for (const length of [1, 2, 3]) outbox.push(outgoing(length))
    expect([outbox.takeUnsent()?.bytes.length, outbox.takeUnsent()?.bytes.length]).toEqual([1, 2])
    outbox.confirm(1)
    expect([outbox.bytes, outbox.frames, outbox.sent]).toEqual([memory(2, 3), 2, 1])
    outbox.rewind()
    expect([outbox.unsentPosition("s")?.sequence, outbox.unsentPosition("t")]).toEqual([2, undefined])
    expect([outbox.takeUnsent()?.bytes.length, outbox.takeUnsent()?.bytes.length, outbox.takeUnsent()]).toEqual([
      2,
      3,
      undefined,
    ])
    outbox.confirm(2)
    expect([outbox.bytes, outbox.progress]).toEqual([0, memory(1, 2, 3)])
  })

  it("drops the oldest messages that are not sent", () => {
    const outbox = new Outbox()
    for (const length of [4, 3, 2, 1]) outbox.push(outgoing(length, length))
    outbox.takeUnsent()
    expect(outbox.dropTo(memory(4, 2))).toEqual({ frames: 5, bytes: 5 })
    expect([outbox.bytes, outbox.takeUnsent()?.bytes.length]).toEqual([memory(4, 1), 1])
    expect(outbox.dropTo(0)).toEqual({ frames: 0, bytes: 0 })
  })

  it("holds no memory of confirmed messages", () => {
    const outbox = new Outbox()
    for (let turn = 0; turn < 1000; turn++) {
      outbox.push(outgoing(1))
      outbox.takeUnsent()
      outbox.confirm(1)
    }
    expect([outbox.bytes, outbox.progress, outbox.sent]).toEqual([0, 1000 * memory(1), 0])
  })
})

describe("the subjects of a hub", () => {
  it("have any name as one token", () => {
    expect(tokenOf("plant-1_a")).toBe("plant-1_a")
    expect(tokenOf("a.b *>é")).toBe("a=2eb=20=2a=3e=c3=a9")
    expect(tokenOf("")).toBe("=")
    const { all, nodes, room } = subjectsOf("main", "len:u16be")
    expect([all, nodes, room("x y")]).toEqual([
      "tcpfx.main.len=3au16be.all",
      "tcpfx.main.nodes",
      "tcpfx.main.len=3au16be.room.x=20y",
    ])
  })
})

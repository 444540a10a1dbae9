import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Framing } from "../../src/domain/index.ts"
import { HistoryWindow } from "../../src/hub/HistoryWindow.ts"
import type { HubMember, HubSink } from "../../src/hub/index.ts"
import { encodeEnvelope } from "../../src/hub/nats/internal/envelope.ts"
import { Gaps } from "../../src/hub/nats/internal/Gaps.ts"
import { type BridgeLink, HubBridge } from "../../src/hub/nats/internal/HubBridge.ts"
import { textOf, utf8 } from "../support/wireProbe.ts"

/** A bridge whose hub is blocked, and what it publishes and misses. */
const blockedBridge = (
  queueBytes: number,
  onPublish: (sink: HubSink, run: Uint8Array) => void = () => undefined,
  gaps?: Gaps,
) => {
  const published: Array<string> = []
  const missed: Array<number> = []
  let sink: HubSink | undefined
  let receive: (bytes: Uint8Array) => void = () => undefined
  const member: HubMember = {
    publish: (run) => {
      published.push(textOf(run))
      if (sink !== undefined) onPublish(sink, run)
      return true
    },
    pending: () => 0,
    drained: () => undefined,
    flush: () => undefined,
    finish: (done) => done(),
    detach: () => undefined,
  }
  const link: BridgeLink = {
    node: "a",
    mostBytes: () => 1024 * 1024,
    send: () => undefined,
    isFull: () => false,
    pendingBytes: () => 0,
    progress: () => 0,
    subscribe: (_subject, onMessage) => {
      receive = onMessage
      return () => undefined
    },
    onMissed: (arrival) => missed.push(arrival.missed),
    onStalled: () => undefined,
    onRecovered: () => undefined,
    onFailed: () => undefined,
  }
  const attach = (attached: HubSink): HubMember => {
    sink = attached
    return member
  }
  const options = { framing: Framing.line, subject: "s", epoch: 1, queueBytes, dropsArrived: true, gaps }
  new HubBridge({ attach, publish: () => true, unblocked: Effect.void }, link, options).endRestoring()
  sink?.onBlocked()
  let sequence = 0
  /** A message of another node with one frame arrives. */
  const arrive = (text: string) => {
    const fields = { epoch: 2, node: "b", framesBefore: sequence, frames: 1, continues: false, continued: false }
    receive(encodeEnvelope({ ...fields, sequence: sequence++ }, [utf8(`${text}\n`)], false))
  }
  const lose = () => {
    sequence++
  }
  return { published, missed, arrive, lose, unblock: () => sink?.onUnblocked() }
}

it("a bridge publishes what it has held once, when the hub blocks and unblocks it within a publish", () => {
  const { arrive, published, unblock } = blockedBridge(64 * 1024, (sink) => {
    sink.onBlocked()
    sink.onUnblocked()
  })
  for (let place = 0; place < 3; place++) arrive(`${place}`)
  expect(published).toEqual([])
  unblock()
  expect(published).toEqual(["0\n", "1\n", "2\n"])
})

it("a bridge counts the memory of tiny frames that it holds, and frees it", () => {
  const { arrive, missed, published, unblock } = blockedBridge(64 * 1024)
  for (let place = 0; place < 1000; place++) arrive("x")
  const held = 1000 - missed.length
  expect(missed).toEqual(missed.map(() => 1))
  // A held frame of two bytes takes more than 300 bytes.
  expect(held).toBeLessThan((64 * 1024) / 300)
  expect(held).toBeGreaterThan(100)
  unblock()
  expect(published.length).toBe(held)
})

it("a bridge notes a gap in the history behind the frames that it holds", () => {
  const limits = { last: 100, maxAgeMillis: Number.POSITIVE_INFINITY, maxBytes: 64 * 1024 }
  const window = new HistoryWindow(Framing.line, limits, () => 0)
  const gaps = new Gaps(window)
  const { arrive, lose, unblock } = blockedBridge(64 * 1024, (_, run) => window.add(run), gaps)
  arrive("0")
  arrive("1")
  for (let count = 0; count < 3; count++) lose()
  arrive("5")
  lose()
  arrive("7")
  expect(gaps.isEmpty).toBe(true)
  unblock()
  // The second gap is behind a frame of the same node, so it has another place.
  expect(gaps.takeAll()).toMatchObject([
    { place: 2, gaps: [{ epoch: 2, from: 2, to: 5 }] },
    { place: 3, gaps: [{ epoch: 2, from: 6, to: 7 }] },
  ])
})

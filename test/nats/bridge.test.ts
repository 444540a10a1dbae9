import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Framing } from "../../src/domain/index.ts"
import type { HubMember, HubSink } from "../../src/hub/index.ts"
import { encodeEnvelope } from "../../src/hub/nats/internal/envelope.ts"
import { type BridgeLink, HubBridge } from "../../src/hub/nats/internal/HubBridge.ts"
import { textOf, utf8 } from "../support/wireProbe.ts"

it("a bridge publishes what it has held once, when the hub blocks and unblocks it within a publish", () => {
  const published: Array<string> = []
  let sink: HubSink | undefined
  let receive: (bytes: Uint8Array) => void = () => undefined
  const member: HubMember = {
    publish: (run) => {
      published.push(textOf(run))
      sink?.onBlocked()
      sink?.onUnblocked()
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
    onMissed: () => undefined,
    onStalled: () => undefined,
    onRecovered: () => undefined,
    onFailed: () => undefined,
  }
  const attach = (attached: HubSink): HubMember => {
    sink = attached
    return member
  }
  const options = { framing: Framing.line, subject: "s", epoch: 1, queueBytes: 1024, dropsArrived: true }
  new HubBridge({ attach, publish: () => true, unblocked: Effect.void }, link, options)
  sink?.onBlocked()
  for (let sequence = 0; sequence < 3; sequence++) {
    const fields = {
      epoch: 2,
      node: "b",
      sequence,
      framesBefore: sequence,
      frames: 1,
      continues: false,
      continued: false,
    }
    receive(encodeEnvelope(fields, [utf8(`${sequence}\n`)], false))
  }
  expect(published).toEqual([])
  sink?.onUnblocked()
  expect(published).toEqual(["0\n", "1\n", "2\n"])
})

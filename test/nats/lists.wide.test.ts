import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/TestClock"
import { ConnectionId, Framing } from "../../src/domain/index.ts"
import { formatRemoteClient, type OwnMember } from "../../src/hub/index.ts"
import { makeNatsHub } from "../../src/hub/nats/internal/makeNatsHub.ts"
import { turns } from "../../src/testing/turns.ts"
import { Chance, stressSeeds } from "../support/stressSeeds.ts"
import { VirtualBus } from "../support/virtualBus.ts"

const pass = (millis: number) =>
  Effect.replicateEffect(Effect.zipRight(TestClock.adjust("100 millis"), turns(4)), millis / 100, { discard: true })

const rooms = ["lobby", "boiler"]

/** A node whose clients and members the test changes, and what it should tell the others. */
const nodeOn = (network: VirtualBus, node: string) =>
  Effect.gen(function* () {
    const hub = yield* makeNatsHub({ servers: "nats://virtual", node, framing: Framing.line }, () => network.connect)
    const bus = network.node(network.nodes.length - 1)
    // Small messages make lists of many parts.
    bus.mostBytes = 512
    const open = new Map<ConnectionId, { readonly room: string; readonly own: OwnMember; json: string }>()
    let last = 0
    const join = (room: string, value: number) => {
      const id = ConnectionId.make(++last)
      const json = `${value}`
      hub.network.opened(id, "192.0.2.7:5000", 0)
      const own = hub.rooms.members?.join(room, id, json)
      if (own !== undefined) open.set(id, { room, own, json })
    }
    const change = (value: number) => {
      const [member] = [...open.values()].slice(value % Math.max(open.size, 1))
      if (member === undefined) return
      member.json = `${value}`
      member.own.change(member.json)
    }
    const leave = (value: number) => {
      const [id] = [...open.keys()].slice(value % Math.max(open.size, 1))
      if (id === undefined) return
      hub.network.closed(id)
      open.get(id)?.own.leave()
      open.delete(id)
    }
    const clients = () => [...open.keys()].map((id) => formatRemoteClient({ node, id }))
    const members = (room: string) =>
      [...open].flatMap(([id, member]) => (member.room === room ? [`@${node}/${id} ${member.json}`] : []))
    return { hub, bus, join, change, leave, clients, members }
  })

describe("the lists of three nodes", () => {
  for (const seed of stressSeeds([1, 2, 3, 4])) {
    it.scoped(`are equal after lost messages, lost connections and silence (seed ${seed})`, () =>
      Effect.gen(function* () {
        const network = new VirtualBus()
        const nodes = yield* Effect.forEach(["a", "b", "c"], (name) => nodeOn(network, name))
        yield* pass(600)
        const chance = new Chance(seed)
        for (let step = 0; step < 150; step++) {
          const node = chance.oneOf(nodes)
          if (node === undefined) continue
          const value = chance.below(1000)
          const kind = chance.below(20)
          if (kind < 7) node.join(rooms[value % 2] ?? "", value)
          else if (kind < 10) node.change(value)
          else if (kind < 13) node.leave(value)
          else if (kind < 14) node.bus.loses = () => value % 3 === 0
          else if (kind < 15) node.bus.loses = () => false
          else if (kind < 16) {
            node.bus.disconnect()
            node.bus.connect()
          } else if (kind < 17) yield* pass(1000)
          else yield* pass(100)
        }
        for (const { bus } of nodes) bus.loses = () => false
        yield* pass(10_000)
        for (const node of nodes) {
          const others = nodes.filter((other) => other !== node)
          const clients = (yield* node.hub.network.clients).map(formatRemoteClient)
          expect(clients.toSorted()).toEqual(others.flatMap((other) => other.clients()).toSorted())
          for (const room of rooms) {
            const members = (node.hub.rooms.members?.of(room) ?? []).map(
              (member) => `${formatRemoteClient(member)} ${member.json}`,
            )
            expect(members.toSorted()).toEqual(others.flatMap((other) => other.members(room)).toSorted())
          }
        }
      }),
    )
  }
})

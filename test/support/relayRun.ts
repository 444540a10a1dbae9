import { expect } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { Framing, type ServerEvent } from "../../src/domain/index.ts"
import { Hub } from "../../src/hub/index.ts"
import { Handler, Server } from "../../src/server/index.ts"
import { nextTurn } from "../../src/testing/turns.ts"
import { Transport } from "../../src/transport/index.ts"
import { anyPort } from "./eachTransport.ts"
import { expectWholeLives } from "./eventGrammar.ts"
import { bookedHub } from "./relayBook.ts"
import type { RelayPeer } from "./relayPeer.ts"
import { RelayStorm, type StormRules } from "./relayStorm.ts"
import { Chance, replayHint } from "./stressSeeds.ts"

const patience = Duration.seconds(60)

/** One run: a storm around a server, an orderly end, and the checks after it. */
export const weather = (seed: number, rules: StormRules & { readonly steps: number }) => {
  let stage = "at the start"
  const program = Effect.gen(function* () {
    const chance = new Chance(seed)
    const transport = yield* Transport
    const hub = yield* Hub.make({
      framing: Framing.line,
      budgetBytes: rules.budgetBytes,
      slowConsumer: rules.policy,
    })
    const toDial: Array<RelayPeer> = []
    const toKick: Array<Effect.Effect<void>> = []
    const storm: RelayStorm = new RelayStorm(rules, chance, {
      dial: (peer) => void toDial.push(peer),
      kick: (told, how) => void toKick.push(Effect.ignore(server.kick(told.id, how))),
    })
    const server = yield* Server.make({
      handler: Handler.broker(chance.percent(50) ? "keep" : "close"),
      hub: bookedHub(hub, storm.book),
      settings: { closeDeadline: patience, drain: patience },
    })
    const events: Array<ServerEvent> = []
    const stream = yield* server.subscribeEvents({ bufferBytes: 1024 ** 3 })
    yield* Effect.forkScoped(
      Stream.runForEach(stream, (event) =>
        Effect.sync(() => {
          events.push(event)
          storm.hear(event)
        }),
      ),
    )
    const { endpoint } = yield* server.listen(anyPort)

    const dial = (peer: RelayPeer) =>
      Effect.forkScoped(
        Effect.map(transport.dial(endpoint), (wire) => {
          peer.connected(wire)
          storm.isThere(peer)
        }).pipe(Effect.orDie),
      )
    /** Waits for a turn of the loop after all actions so far. */
    const turn = Effect.gen(function* () {
      yield* Effect.forEach(toDial.splice(0), dial, { discard: true })
      yield* Effect.forEach(toKick.splice(0), (kick) => kick, { discard: true })
      yield* nextTurn
      const [fault] = storm.book.faults
      if (fault !== undefined) expect.fail(`${replayHint(seed)}, ${stage}: ${fault}`)
    })
    const until = (what: string, isSo: () => boolean) =>
      Effect.gen(function* () {
        stage = `waiting until ${what}`
        while (!isSo()) yield* turn
      })

    for (let step = 0; step < rules.steps; step++) {
      stage = `step ${step}`
      storm.step()
      if (chance.percent(40)) yield* turn
    }

    const { peers } = storm
    yield* until("all are there", () => peers.every((peer) => peer.hasLeft || peer.told !== undefined))
    for (const peer of peers) if (peer.isStalled && !peer.isDeaf) peer.resume()
    const [writer] = peers
    const deaf = () => peers.some((peer) => peer.isDeaf && peer.told?.closed === undefined)
    yield* until("those who never read are cut off", () => {
      if (!deaf() || writer === undefined) return true
      while (storm.write(writer, [rules.longestLine], 0));
      return false
    })
    yield* until("what all wrote has arrived", () => {
      for (const peer of peers) storm.halfClose(peer)
      return peers.every((peer) => !peer.isOpen || peer.told?.peerEnded === true || peer.told?.closed !== undefined)
    })
    stage = "draining"
    const drained = yield* Effect.fork(server.drain)
    yield* until("it has drained", () => drained.unsafePoll() !== null)
    yield* until("every peer has its end", () => peers.every((peer) => peer.end !== undefined))

    const opened = () => events.filter(({ _tag }) => _tag === "ConnectionOpened").length
    const closed = () => events.filter(({ _tag }) => _tag === "ConnectionClosed").length
    yield* until("all events are here", () => opened() === storm.book.parts.size && closed() >= opened())
    stage = "at the end"
    for (const peer of peers) peer.check()
    yield* turn
    expectWholeLives(events)
    expect([replayHint(seed), yield* server.connections]).toEqual([replayHint(seed), []])
    expect(yield* hub.stats).toEqual({ subscribers: 0, lagging: 0, retainedBytes: 0 })
    storm.count(
      "delivered",
      peers.reduce((sum, peer) => sum + peer.delivered, 0),
    )
    storm.count("published", storm.book.lines.length)
    storm.count("published bytes", storm.book.publishedBytes)
    return storm.counts
  })
  return program.pipe(
    Effect.scoped,
    Effect.timeoutFail({
      // Shorter than the deadline of the test, whose message has neither the seed nor the stage.
      duration: Duration.seconds(110),
      onTimeout: () => new Error(`${replayHint(seed)}: no end in 110 seconds, ${stage}`),
    }),
  )
}

import { expect, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import type { CodecError, ConnectionId } from "tcpfx/domain"
import { Testing } from "tcpfx/testing"
import { MemoryTransport, NodeTransport } from "tcpfx/transport"
import { makeSensors, Role } from "../../../examples/programs/sensors.ts"

const patient = { within: "1 minute" } as const
const at = "2026-01-01T00:00:00.000Z"
const reading = (id: string, temp: unknown) => `${JSON.stringify({ id, temp, at })}\n`

/** The server of sensors with a probe of its events, and the invalid lines that it has reported. */
const started = Effect.gen(function* () {
  const bad: Array<{ readonly id: ConnectionId; readonly error: CodecError }> = []
  const sensors = yield* makeSensors({ onBad: (id, error) => Effect.sync(() => void bad.push({ id, error })) })
  const events = yield* Testing.probe(sensors.server.subscribeEvents(), patient)
  const { endpoint } = yield* sensors.server.listen("127.0.0.1:0")
  const subscribed = (group: string) =>
    Effect.gen(function* () {
      const peer = yield* Testing.dialPeer(endpoint, patient)
      yield* peer.send(`SUB ${group}\n`)
      yield* peer.expect(`{"subscribed":"${group}"}\n`)
      return peer
    })
  const roles = Effect.map(sensors.server.connections, (all) => all.map(Role.of))
  return { ...sensors, bad, events, roles, subscribed, dial: Testing.dialPeer(endpoint, patient) }
})

it.scopedLive("readings go to the subscribers of their group, over sockets", () =>
  Effect.gen(function* () {
    const { bad, dial, events, readings, roles, subscribed } = yield* started
    const kitchen = yield* subscribed("kitchen")
    const bath = yield* subscribed("bath")
    const local = yield* readings("kitchen")
    const device = yield* dial
    yield* device.send(reading("kitchen/a", 20) + reading("bath/a", 25) + reading("kitchen/a", "hot"))
    yield* device.send(`${reading("kitchen/a", 21)}garbage\n`)
    yield* kitchen.expect(reading("kitchen/a", 20) + reading("kitchen/a", 21))
    yield* bath.expect(reading("bath/a", 25))
    const temps = Stream.map(Stream.take(local, 2), ({ temp }) => temp)
    expect(Chunk.toReadonlyArray(yield* Stream.runCollect(temps))).toEqual([20, 21])
    yield* device.expect('{"error":"')
    expect(yield* roles).toEqual(["subscriber kitchen", "subscriber bath", "device kitchen/a"])
    yield* device.halfClose
    yield* events.one("ConnectionClosed")
    expect(yield* roles).toEqual(["subscriber kitchen", "subscriber bath"])
    expect(bad.map(({ id, error }) => [id, error.frame])).toEqual([
      [3, 3],
      [3, 5],
    ])
  }).pipe(Effect.provide(NodeTransport.layer)),
)

it.scoped("a peer that sends an invalid line gets the problem, and can go on", () =>
  Effect.gen(function* () {
    const { bad, dial, subscribed } = yield* started
    const kitchen = yield* subscribed("kitchen")
    const device = yield* dial
    yield* device.send(reading("kitchen/a", 201))
    yield* device.expect('{"error":"Expected `SUB ${string}`')
    yield* device.send(Uint8Array.of(0xff, 0x0a))
    yield* device.send(`SUB \n${reading("kitchen/a", 7)}`)
    yield* kitchen.expect(reading("kitchen/a", 7))
    expect(bad.map(({ error }) => error.problem)).toEqual([
      expect.stringContaining("temp: "),
      "the payload is not UTF-8: no character begins with the byte 0xff at offset 0",
      expect.stringContaining("a non empty string"),
    ])
  }).pipe(Effect.provide(MemoryTransport.layer())),
)

it.scoped("a line above 64 KiB ends its own connection only", () =>
  Effect.gen(function* () {
    const { dial, events, subscribed } = yield* started
    const kitchen = yield* subscribed("kitchen")
    const device = yield* dial
    yield* device.send(reading("x".repeat(65 * 1024), 1))
    expect((yield* events.one("ConnectionClosed")).reason._tag).toBe("FrameTooLong")
    yield* (yield* dial).send(reading("kitchen/b", 1))
    yield* kitchen.expect(reading("kitchen/b", 1))
  }).pipe(Effect.provide(MemoryTransport.layer())),
)

it.scoped("a connection that subscribes twice gets each reading once, also its own", () =>
  Effect.gen(function* () {
    const { subscribed } = yield* started
    const peer = yield* subscribed("kitchen")
    yield* peer.send(`SUB kitchen\nSUB bath\n${reading("kitchen/a", 1)}${reading("bath/a", 2)}`)
    yield* peer.expect('{"subscribed":"kitchen"}\n{"subscribed":"bath"}\n')
    yield* peer.expect(reading("kitchen/a", 1) + reading("bath/a", 2))
    yield* peer.halfClose
    yield* peer.expectEnd
  }).pipe(Effect.provide(MemoryTransport.layer())),
)

it.scoped("a subscriber that does not read loses the oldest readings, and stops neither devices nor others", () =>
  Effect.gen(function* () {
    const { dial, readings, subscribed } = yield* started
    const slow = yield* subscribed("kitchen")
    yield* slow.stopReading
    const local = yield* readings("kitchen")
    const padding = "x".repeat(60_000)
    const seen = yield* Effect.fork(Stream.runCount(Stream.takeUntil(local, ({ temp }) => temp === 199)))
    const device = yield* dial
    for (let temp = 0; temp < 200; temp++) yield* device.send(reading(`kitchen/${padding}`, temp))
    expect(yield* Fiber.join(seen)).toBe(200)
    yield* device.send(reading("kitchen/end", 200))
    yield* device.halfClose
    yield* device.expectEnd
    yield* slow.startReading
    yield* slow.halfClose
    const rest = new TextDecoder().decode(yield* slow.takeRest)
    const temps = [...rest.matchAll(/"temp":(\d+)/g)].map(([, temp]) => Number(temp))
    expect(temps.at(-1)).toBe(200)
    expect(temps.length).toBeLessThan(201)
  }).pipe(Effect.provide(MemoryTransport.layer())),
)

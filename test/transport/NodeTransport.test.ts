import { existsSync, lstatSync, mkdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { type Endpoint, tcpEndpoint, unixEndpoint } from "../../src/domain/index.ts"
import { NodeTransport, Transport } from "../../src/transport/index.ts"
import { connectionSuite } from "../support/connectionSuite.ts"
import { endpointSuite } from "../support/endpointSuite.ts"
import { secondsToProbe } from "../support/kernel.ts"
import {
  listenForWires,
  settle,
  startedWires,
  tcpFixture,
  temporaryFolder,
  turned,
  unixFixture,
} from "../support/transportFixture.ts"
import { WireProbe } from "../support/wireProbe.ts"
import { wireSuite } from "../support/wireSuite.ts"

for (const fixture of [tcpFixture, unixFixture]) {
  wireSuite(fixture)
  connectionSuite(fixture)
  endpointSuite(fixture)
  wireSuite(turned(fixture))
  connectionSuite(turned(fixture))
}

const test = <E>(name: string, body: Effect.Effect<void, E, Transport | Scope.Scope>) =>
  it.scopedLive(name, () => Effect.provide(body, NodeTransport.layer))
const dial = (endpoint: Endpoint) => Effect.flatMap(Transport, (transport) => transport.dial(endpoint))

describe("the errors of the kernel", () => {
  test(
    "listening on an address of no interface is AddressNotAvailable",
    Effect.gen(function* () {
      const error = yield* Effect.flip(listenForWires(tcpEndpoint("192.0.2.1", 0)))
      expect([error.reason, error.code]).toEqual(["AddressNotAvailable", "EADDRNOTAVAIL"])
    }),
  )

  test(
    "a path in a folder that does not exist is PathNotFound for both sides",
    Effect.gen(function* () {
      const missing = unixEndpoint(join(yield* temporaryFolder, "missing", "socket"))
      const listening = yield* Effect.flip(listenForWires(missing))
      expect(listening.reason).toBe("PathNotFound")
      const dialling = yield* Effect.flip(dial(missing))
      expect([dialling.reason, dialling.code]).toEqual(["PathNotFound", "ENOENT"])
    }),
  )
})

describe("the file of a unix socket", () => {
  const folder = Effect.map(temporaryFolder, (path) => ({ path, endpoint: unixEndpoint(join(path, "socket")) }))

  test(
    "goes with its listener",
    Effect.gen(function* () {
      const { endpoint } = yield* folder
      yield* Effect.scoped(Effect.tap(listenForWires(endpoint), () => expect(existsSync(endpoint.path)).toBe(true)))
      expect(existsSync(endpoint.path)).toBe(false)
    }),
  )

  test(
    "is replaced when it has no listener any more",
    Effect.gen(function* () {
      const { endpoint, path } = yield* folder
      // The renamed file outlives its listener, as after the kill of a process.
      const kept = join(path, "kept")
      yield* Effect.scoped(
        Effect.tap(listenForWires(unixEndpoint(kept)), () => Effect.sync(() => renameSync(kept, endpoint.path))),
      )
      expect(existsSync(endpoint.path)).toBe(true)
      expect(yield* Effect.flip(dial(endpoint))).toMatchObject({ reason: "Refused", code: "ECONNREFUSED" })
      const { accepted } = yield* listenForWires(endpoint)
      yield* dial(endpoint)
      yield* accepted
    }),
  )

  test(
    "is not changed when it has a listener",
    Effect.gen(function* () {
      const { endpoint } = yield* folder
      const first = yield* listenForWires(endpoint)
      expect(yield* Effect.flip(listenForWires(endpoint))).toMatchObject({ reason: "AddressInUse" })
      // A dial that tests for a listener would be accepted before this one.
      const near = new WireProbe(yield* dial(endpoint)).start()
      const far = new WireProbe(yield* first.accepted).start()
      near.wire.write(Uint8Array.of(1))
      yield* far.until((probe) => probe.told.length > 0)
      expect(far.told).toEqual(["data"])
    }),
  )

  test(
    "is left alone when it is no socket at all",
    Effect.gen(function* () {
      const { endpoint, path } = yield* folder
      writeFileSync(endpoint.path, "precious")
      mkdirSync(join(path, "folder"))
      for (const other of [endpoint, unixEndpoint(join(path, "folder"))]) {
        expect(yield* Effect.flip(listenForWires(other))).toMatchObject({ reason: "NotASocket", endpoint: other })
        expect(yield* Effect.flip(dial(other))).toMatchObject({ reason: "NotASocket", endpoint: other })
      }
      expect(readFileSync(endpoint.path, "utf8")).toBe("precious")
    }),
  )

  test(
    "may be reached through a link, which is not taken for a stale socket",
    Effect.gen(function* () {
      const { endpoint, path } = yield* folder
      const link = unixEndpoint(join(path, "link"))
      symlinkSync(endpoint.path, link.path)
      const { accepted } = yield* listenForWires(endpoint)
      yield* dial(link)
      yield* accepted
      expect(yield* Effect.flip(listenForWires(link))).toMatchObject({ reason: "NotASocket", code: "EADDRINUSE" })
      expect(lstatSync(link.path).isSymbolicLink()).toBe(true)
    }),
  )
})

describe("a peer that vanishes after its FIN", () => {
  for (const fixture of [tcpFixture, turned(tcpFixture)]) {
    test(
      `causes no event, and is probed by the kernel after the requested time (${fixture.name})`,
      Effect.gen(function* () {
        const { near, far } = yield* startedWires(fixture)
        const { local, remote } = far.wire
        if (local._tag !== "Tcp" || remote._tag !== "Tcp") return expect.unreachable()
        near.wire.end()
        yield* far.until((probe) => probe.hasEnded())
        expect(secondsToProbe(local.port, remote.port)).toBeUndefined()
        far.wire.probe({ idle: Duration.seconds(10) })
        const first = secondsToProbe(local.port, remote.port)
        expect(first).toBeGreaterThan(5)
        expect(first).toBeLessThanOrEqual(11)
        // The new time replaces the first.
        far.wire.probe({ idle: Duration.seconds(40) })
        expect(secondsToProbe(local.port, remote.port)).toBeGreaterThan(30)
        near.wire.reset()
        yield* near.untilClosed
        yield* settle(fixture)
        expect(far.told).toEqual(["end"])
        expect(far.wire.isGone()).toBe(true)
      }),
    )
  }
})

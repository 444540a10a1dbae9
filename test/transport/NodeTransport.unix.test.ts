import { existsSync, lstatSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs"
import { open } from "node:fs/promises"
import { join } from "node:path"
import { describe, expect, it, vi } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import { fdEndpoint, type UnixEndpoint, unixEndpoint } from "../../src/domain/index.ts"
import { NodeTransport, Transport } from "../../src/transport/index.ts"
import * as SocketFile from "../../src/transport/listen/socketFile.ts"
import { listenForWires, temporaryFolder } from "../support/transportFixture.ts"

const test = <E>(name: string, body: Effect.Effect<void, E, Transport | Scope.Scope>) =>
  it.scopedLive(name, () => Effect.provide(body, NodeTransport.layer))
const dial = (endpoint: UnixEndpoint) => Effect.flatMap(Transport, (transport) => transport.dial(endpoint))
const folder = Effect.map(temporaryFolder, (path) => ({ path, endpoint: unixEndpoint(join(path, "socket")) }))
const modeOf = ({ path }: UnixEndpoint) => (lstatSync(path).mode & 0o777).toString(8)

/** A socket file without a listener, as a killed process leaves it. */
const leaveStale = (endpoint: UnixEndpoint) => {
  const kept = `${endpoint.path}.kept`
  return Effect.scoped(
    Effect.tap(listenForWires(unixEndpoint(kept)), () => Effect.sync(() => renameSync(kept, endpoint.path))),
  )
}

describe("the mode of a unix socket's file", () => {
  test(
    "is the one that was asked for, and the process's umask is what it was",
    Effect.gen(function* () {
      const before = process.umask()
      for (const mode of [0o600, 0o660, 0o666, 0o777, 0o200, 0o000]) {
        const { endpoint } = yield* folder
        yield* listenForWires(endpoint, { unixMode: mode })
        expect(modeOf(endpoint)).toBe(mode.toString(8))
      }
      expect(process.umask()).toBe(before)
    }),
  )

  test(
    "comes of bind(2) itself: the umask is narrowed around it, and nothing widens it before",
    Effect.gen(function* () {
      const { endpoint } = yield* folder
      const before = process.umask()
      const umask = yield* Effect.acquireRelease(
        Effect.sync(() => vi.spyOn(process, "umask")),
        (spy) => Effect.sync(() => spy.mockRestore()),
      )
      yield* listenForWires(endpoint, { unixMode: 0o640 })
      expect(umask.mock.calls).toEqual([[0o137], [before]])
      expect(modeOf(endpoint)).toBe("640")
    }),
  )

  test(
    "is left to the umask when none is asked for",
    Effect.gen(function* () {
      const { endpoint } = yield* folder
      yield* listenForWires(endpoint)
      expect(modeOf(endpoint)).toBe((0o777 & ~process.umask()).toString(8))
    }),
  )

  test(
    "of a live socket is not changed by a server that fails because it is in use",
    Effect.gen(function* () {
      const { endpoint } = yield* folder
      yield* listenForWires(endpoint, { unixMode: 0o600 })
      const error = yield* Effect.flip(listenForWires(endpoint, { unixMode: 0o666 }))
      expect(error.reason).toBe("AddressInUse")
      expect(modeOf(endpoint)).toBe("600")
    }),
  )
})

describe("the file of a unix socket that another server took over", () => {
  test(
    "stays when the first one ends, and leads to the second",
    Effect.gen(function* () {
      const { endpoint, path } = yield* folder
      const first = yield* Scope.make()
      yield* Scope.extend(listenForWires(endpoint), first)
      rmSync(endpoint.path)
      const second = yield* listenForWires(endpoint)
      yield* Scope.close(first, Exit.void)
      expect(readdirSync(path)).toEqual(["socket"])
      yield* dial(endpoint)
      yield* second.accepted
    }),
  )

  test(
    "stays whatever it is now",
    Effect.gen(function* () {
      const { endpoint, path } = yield* folder
      yield* Effect.scoped(
        Effect.tap(listenForWires(endpoint), () => {
          rmSync(endpoint.path)
          writeFileSync(endpoint.path, "precious")
        }),
      )
      expect(readdirSync(path)).toEqual(["socket"])
      expect(readFileSync(endpoint.path, "utf8")).toBe("precious")
    }),
  )

  test(
    "is not missed when it is gone",
    Effect.gen(function* () {
      const { endpoint, path } = yield* folder
      yield* Effect.scoped(Effect.tap(listenForWires(endpoint), () => rmSync(endpoint.path)))
      expect(readdirSync(path)).toEqual([])
    }),
  )
})

describe("a stale file of a unix socket", () => {
  test(
    "is replaced by one of several that want it at once, and the others leave that one alone",
    Effect.gen(function* () {
      for (let round = 0; round < 10; round++) {
        const { endpoint, path } = yield* folder
        yield* leaveStale(endpoint)
        const attempts = yield* Effect.all(
          Array.from({ length: 5 }, () => Effect.either(listenForWires(endpoint))),
          { concurrency: "unbounded" },
        )
        const [winner, ...more] = attempts.filter(Either.isRight)
        const losers = attempts.filter(Either.isLeft)
        expect(more).toEqual([])
        expect(losers.map(({ left }) => left.reason)).toEqual(losers.map(() => "AddressInUse"))
        expect(readdirSync(path)).toEqual(["socket"])
        yield* dial(endpoint)
        if (winner !== undefined) yield* winner.right.accepted
      }
    }),
  )

  test(
    "that turns out to be another one by now is put back, and still leads to its server",
    Effect.gen(function* () {
      const { endpoint, path } = yield* folder
      yield* leaveStale(endpoint)
      const stale = SocketFile.identityAt(endpoint.path) ?? ""
      rmSync(endpoint.path)
      const { accepted } = yield* listenForWires(endpoint)
      expect(SocketFile.removeStale(endpoint.path, stale)).toBe("replaced")
      expect(readdirSync(path)).toEqual(["socket"])
      yield* dial(endpoint)
      yield* accepted
    }),
  )

  test(
    "that is gone already is as good as removed",
    Effect.gen(function* () {
      const { endpoint } = yield* folder
      yield* leaveStale(endpoint)
      const stale = SocketFile.identityAt(endpoint.path) ?? ""
      rmSync(endpoint.path)
      expect(SocketFile.removeStale(endpoint.path, stale)).toBe("removed")
      expect(existsSync(endpoint.path)).toBe(false)
    }),
  )
})

describe("a descriptor", () => {
  test(
    "that is no socket is refused as such, and left open",
    Effect.gen(function* () {
      const { path } = yield* folder
      const file = yield* Effect.acquireRelease(
        Effect.promise(() => open(join(path, "file"), "w+")),
        (opened) => Effect.promise(() => opened.close()),
      )
      const error = yield* Effect.flip(listenForWires(fdEndpoint(file.fd)))
      expect(error).toMatchObject({ reason: "NotASocket", code: "ENOTSOCK" })
      yield* Effect.promise(() => file.writeFile("still open"))
    }),
  )
})

import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as TestClock from "effect/TestClock"
import type { ConnectionSettings } from "../../src/connection/ConnectionOwner.ts"
import { Hold } from "../../src/connection/ConnectionOwner.ts"
import { Framing } from "../../src/domain/index.ts"
import { turns } from "../../src/testing/turns.ts"
import { MemoryTransport, type Transport } from "../../src/transport/index.ts"
import { coreOver } from "../support/cores.ts"
import { hex } from "../support/framingSuite.ts"
import { connectedWires, memoryFixture } from "../support/transportFixture.ts"
import { textOf, utf8 } from "../support/wireProbe.ts"

const test = <E>(name: string, body: Effect.Effect<void, E, Transport | Scope.Scope>) =>
  it.scoped(name, () => Effect.provide(body, MemoryTransport.layer()))

/** A connection that keeps its runs, and the wire of its peer. */
const withPeer = (settings: Partial<ConnectionSettings>) =>
  Effect.gen(function* () {
    const { near, far } = yield* connectedWires(memoryFixture)
    const made = yield* coreOver(near.wire, settings)
    made.owner.keeps = true
    far.start()
    const write = (bytes: Uint8Array) =>
      Effect.zipRight(
        Effect.sync(() => far.wire.write(bytes)),
        turns(5),
      )
    const runs = () => made.owner.runs.map((run) => textOf(run))
    return { ...made, peer: far, write, runs }
  })

describe("a framing that can find the next frame", () => {
  test(
    "reports the bytes that it skips, with their sum, and keeps the connection",
    Effect.gen(function* () {
      const { core, owner, peer, runs, write } = yield* withPeer({ framing: Framing.slip, maxFrameBytes: 3 })
      yield* write(hex("61c0 62db63c0 64c0"))
      yield* write(hex("6565656565656565"))
      yield* write(hex("65c0 66c0 67"))
      expect(runs()).toEqual(["a", "d", "f"].map((text) => textOf(Uint8Array.of(...utf8(text), 0xc0))))
      expect(owner.told).toEqual(["skipped 4 of 4: malformed", "skipped 8 of 12: tooLong", "skipped 2 of 14: tooLong"])
      peer.wire.end()
      yield* turns(5)
      expect(owner.told.slice(3)).toEqual(["half-closed by peer"])
      core.beginClose({ _tag: "LocalClosed" })
      yield* turns(5)
      expect(owner.ends).toMatchObject([{ reason: { _tag: "FrameTruncated", bytes: 1 } }])
    }),
  )
})

describe("a framing that cannot find the next frame", () => {
  test(
    "ends the connection with the offset of a frame longer than the limit",
    Effect.gen(function* () {
      const { owner, runs, write } = yield* withPeer({
        framing: Framing.lengthPrefixed({ field: "u16be" }),
        maxFrameBytes: 3,
      })
      yield* write(hex("0001 61"))
      yield* write(hex("0001 62 0004"))
      expect(runs()).toEqual(["\0\u0001a", "\0\u0001b"])
      expect(owner.ends).toMatchObject([{ reason: { _tag: "FrameTooLong", limitBytes: 3, offset: 6 } }])
    }),
  )

  test(
    "ends the connection with the offset of a malformed frame, and the reason",
    Effect.gen(function* () {
      const { owner, write } = yield* withPeer({ framing: Framing.netstring })
      yield* write(utf8("1:a,"))
      yield* write(utf8("1:b;"))
      expect(owner.ends).toMatchObject([
        { reason: { _tag: "FrameInvalid", offset: 4, problem: "a netstring does not end with a comma" } },
      ])
    }),
  )
})

describe("a gap", () => {
  const framing = Framing.gap("20 millis")

  test(
    "ends a frame when the peer has sent nothing for its time",
    Effect.gen(function* () {
      const { runs, write } = yield* withPeer({ framing })
      yield* write(utf8("ab"))
      yield* TestClock.adjust("19 millis")
      yield* write(utf8("c"))
      yield* TestClock.adjust("19 millis")
      yield* turns(2)
      expect(runs()).toEqual([])
      yield* TestClock.adjust("1 millis")
      yield* turns(2)
      expect(runs()).toEqual(["abc"])
      yield* TestClock.adjust("1 second")
      yield* write(utf8("d"))
      yield* TestClock.adjust("20 millis")
      yield* turns(2)
      expect(runs()).toEqual(["abc", "d"])
    }),
  )

  test(
    "ends a frame before the peer's FIN is reported",
    Effect.gen(function* () {
      const { owner, peer, runs, write } = yield* withPeer({ framing })
      yield* write(utf8("ab"))
      peer.wire.end()
      yield* turns(5)
      expect(runs()).toEqual(["ab"])
      expect(owner.told).toEqual(["half-closed by peer"])
      yield* TestClock.adjust("1 second")
      expect(runs()).toEqual(["ab"])
    }),
  )

  test(
    "does not end a frame while this side does not read",
    Effect.gen(function* () {
      const { core, runs, write } = yield* withPeer({ framing })
      yield* write(utf8("ab"))
      core.hold(Hold.command)
      yield* write(utf8("cd"))
      yield* TestClock.adjust("1 second")
      yield* turns(2)
      expect(runs()).toEqual([])
      core.release(Hold.command)
      yield* turns(5)
      yield* TestClock.adjust("19 millis")
      yield* turns(2)
      expect(runs()).toEqual([])
      yield* TestClock.adjust("1 millis")
      yield* turns(2)
      expect(runs()).toEqual(["abcd"])
    }),
  )

  test(
    "ends no frame after the end of the connection",
    Effect.gen(function* () {
      const { core, owner, runs, write } = yield* withPeer({ framing })
      yield* write(utf8("ab"))
      core.abort({ _tag: "Kicked" })
      yield* TestClock.adjust("1 second")
      yield* turns(2)
      expect(runs()).toEqual([])
      expect(owner.told).toEqual(["closed"])
    }),
  )
})

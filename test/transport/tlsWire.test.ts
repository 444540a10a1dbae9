import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { connectionSuite } from "../support/connectionSuite.ts"
import { tlsFixture } from "../support/tlsFixture.ts"
import { settle, unreadWires } from "../support/transportFixture.ts"
import { pattern } from "../support/wireProbe.ts"
import { wireSuite } from "../support/wireSuite.ts"

wireSuite(tlsFixture)
connectionSuite(tlsFixture)

it.scopedLive("a wire over TLS shows progress while the peer takes a part of one large write", () =>
  Effect.gen(function* () {
    const { near, far } = yield* unreadWires(tlsFixture)
    near.wire.write(pattern(1))
    near.wire.write(pattern(2 * tlsFixture.heldAtMost))
    yield* settle(tlsFixture)
    const before = near.wire.progress()
    far.wire.resume()
    yield* far.until((probe) => probe.received >= tlsFixture.heldAtMost)
    expect(near.drains).toBe(0)
    expect(near.wire.progress()).not.toBe(before)
  }).pipe(Effect.provide(tlsFixture.layer)),
)

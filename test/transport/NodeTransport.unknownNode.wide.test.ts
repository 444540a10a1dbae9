import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { vi } from "vitest"
import { NodeTransport } from "../../src/transport/index.ts"
import { NodeWire } from "../../src/transport/node/nodeWire.ts"
import { connectedWires, tcpFixture } from "../support/transportFixture.ts"

vi.mock("../../src/transport/node/nodeInside.ts", () => ({ inside: undefined }))

it.scopedLive("a Node with unknown handles uses its streams at both ends", () =>
  Effect.gen(function* () {
    const { far, near } = yield* connectedWires(tcpFixture)
    expect([far.wire, near.wire].map((wire) => wire instanceof NodeWire)).toEqual([true, true])
  }).pipe(Effect.provide(NodeTransport.layer)),
)

import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Client } from "../../src/client/index.ts"
import { tcpEndpoint } from "../../src/domain/index.ts"
import { MemoryTransport } from "../../src/transport/index.ts"
import { listenForWires } from "../support/transportFixture.ts"

const names = { both: ["10.0.0.1", "fd00::1"], four: ["10.0.0.1"] }

describe("a client with one address family", () => {
  it.scoped("dials the addresses of that family only, whatever comes first", () =>
    Effect.gen(function* () {
      yield* listenForWires(tcpEndpoint("10.0.0.1", 4000))
      yield* listenForWires(tcpEndpoint("fd00::1", 4000))
      for (const [family, host] of [
        ["any", "10.0.0.1"],
        ["ipv4", "10.0.0.1"],
        ["ipv6", "fd00::1"],
      ] as const) {
        const client = yield* Client.make({ family })
        const { remote } = yield* client.connect(tcpEndpoint("both", 4000))
        expect(remote).toEqual(tcpEndpoint(host, 4000))
      }
    }).pipe(Effect.provide(MemoryTransport.layer({ names }))),
  )

  it.scoped("fails as WrongFamily where there is none, by name or by address", () =>
    Effect.gen(function* () {
      const client = yield* Client.make({ family: "ipv6" })
      for (const host of ["four", "10.0.0.1"]) {
        const endpoint = tcpEndpoint(host, 4000)
        const error = yield* Effect.flip(client.connect(endpoint))
        expect(error).toMatchObject({ _tag: "ConnectError", reason: "WrongFamily", code: "EAFNOSUPPORT", endpoint })
      }
    }).pipe(Effect.provide(MemoryTransport.layer({ names }))),
  )
})

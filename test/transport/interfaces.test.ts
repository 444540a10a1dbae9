import { isIP } from "node:net"
import { networkInterfaces } from "node:os"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { tcpEndpoint } from "../../src/domain/index.ts"
import { interfaceAddresses, NodeTransport } from "../../src/transport/index.ts"
import { listenForWires } from "../support/transportFixture.ts"

describe("the addresses of this machine", () => {
  it.effect("are all there, IPv4 first, and loopback first within a family", () =>
    Effect.gen(function* () {
      const addresses = yield* interfaceAddresses
      const count = Object.values(networkInterfaces()).reduce((sum, entries) => sum + (entries?.length ?? 0), 0)
      expect(addresses.length).toBe(count)
      const ranks = addresses.map((entry) => (entry.family === "IPv4" ? 0 : 2) + (entry.loopback ? 0 : 1))
      expect(ranks).toEqual([...ranks].sort((a, b) => a - b))
      for (const { address, family, name } of addresses) {
        expect(name).not.toBe("")
        expect(isIP(address)).toBe(family === "IPv4" ? 4 : 6)
        if (address.startsWith("fe80:")) expect(address.endsWith(`%${name}`)).toBe(true)
      }
      expect(addresses).toContainEqual(
        expect.objectContaining({ address: "127.0.0.1", loopback: true, family: "IPv4" }),
      )
    }),
  )

  it.scopedLive("can be listened on as they are given", () =>
    Effect.gen(function* () {
      const loopback = (yield* interfaceAddresses).filter((entry) => entry.loopback)
      for (const { address } of loopback) {
        const { endpoint } = yield* listenForWires(tcpEndpoint(address, 0))
        expect(endpoint).toMatchObject({ _tag: "Tcp", host: address })
      }
    }).pipe(Effect.provide(NodeTransport.layer)),
  )
})

import { describe, expect, it } from "@effect/vitest"
import * as Either from "effect/Either"
import {
  type AccessRules,
  AddressSet,
  type Endpoint,
  parseAddressRanges,
  tcpEndpoint,
  unixEndpoint,
} from "../../../src/domain/index.ts"
import { AccessControl } from "../../../src/server/internal/AccessControl.ts"

const from = (host: string) => tcpEndpoint(host, 5000)
const rules = (allow = "", deny = ""): AccessRules => {
  const set = (text: string) => AddressSet.from(text === "" ? [] : Either.getOrThrow(parseAddressRanges(text)))
  return { allow: set(allow), deny: set(deny) }
}
const open = rules()
const unlimited = Number.POSITIVE_INFINITY

describe("access control", () => {
  it("accepts connections up to the limit, and another one after one has ended", () => {
    const access = new AccessControl(open, { total: 2, perAddress: unlimited }, "system")
    expect([access.accept(from("10.0.0.1")), access.accept(unixEndpoint(""))]).toEqual([undefined, undefined])
    expect(access.accept(from("10.0.0.2"))).toEqual({ _tag: "TooManyConnections", limit: 2 })
    expect(access.accept(from("10.0.0.2"))).toEqual({ _tag: "TooManyConnections", limit: 2 })
    access.leave(from("10.0.0.1"))
    expect(access.accept(from("10.0.0.2"))).toBe(undefined)
  })

  it("counts each address by itself, down by one with each connection that ends", () => {
    const access = new AccessControl(open, { total: unlimited, perAddress: 3 }, "system")
    const tooMany = { _tag: "TooManyOfAddress", limit: 3 }
    const acceptFrom = (host: string) => access.accept(from(host))
    expect([1, 2, 3, 4].map(() => acceptFrom("10.0.0.1"))).toEqual([undefined, undefined, undefined, tooMany])
    expect([acceptFrom("10.0.0.2"), acceptFrom("::1")]).toEqual([undefined, undefined])
    access.leave(from("10.0.0.1"))
    // One of three has ended: one more is accepted.
    expect([acceptFrom("10.0.0.1"), acceptFrom("10.0.0.1")]).toEqual([undefined, tooMany])
    for (let ended = 0; ended < 3; ended++) access.leave(from("10.0.0.1"))
    expect([1, 2, 3, 4].map(() => acceptFrom("10.0.0.1"))).toEqual([undefined, undefined, undefined, tooMany])
  })

  it("applies no rule of addresses to unix sockets, whose files have permissions", () => {
    const access = new AccessControl(rules("10.0.0.0/8", "10.0.0.1"), { total: unlimited, perAddress: 1 }, "system")
    expect([1, 2, 3].map(() => access.accept(unixEndpoint("")))).toEqual([undefined, undefined, undefined])
  })

  it("does not count the connections that it refuses", () => {
    const access = new AccessControl(open, { total: 10, perAddress: 1 }, "system")
    access.accept(from("10.0.0.1"))
    for (let dialled = 0; dialled < 20; dialled++) access.accept(from("10.0.0.1"))
    const others = Array.from({ length: 9 }, (_, index) => access.accept(from(`10.0.1.${index}`)))
    expect(others).toEqual(new Array(9).fill(undefined))
    expect(access.accept(from("10.0.2.1"))?._tag).toBe("TooManyConnections")
  })
})

describe("access control behind a proxy", () => {
  const proxy = from("192.0.2.1")
  const local = unixEndpoint("/run/client")
  /** The client that the proxy names, if it names one, and the endpoint whose address counts. */
  const clients = [
    ["of an allowed address", from("10.0.0.1"), from("10.0.0.1")],
    ["of another address", from("203.0.113.9"), from("203.0.113.9")],
    ["of a unix socket", local, local],
    ["without a name, by TCP", undefined, proxy],
    ["without a name, by a unix socket", undefined, unixEndpoint("")],
  ] as const
  const outcomes = (allow: string, deny: string) =>
    clients.map(([, client, remote]) => {
      const access = new AccessControl(rules(allow, deny), { total: 1, perAddress: 1 }, "proxy")
      access.reserve()
      const refusal = access.acceptReserved(client, remote)
      // A refused client occupies no slot, an accepted client one.
      expect(access.reserve() === undefined).toBe(refusal !== undefined)
      return refusal?._tag
    })

  it("refuses a client without an address wherever addresses are allowed", () => {
    const refused = ["NotAllowed", "NotAllowed", "NotAllowed", "NotAllowed"]
    expect(outcomes("10.0.0.0/8", "")).toEqual([undefined, ...refused])
    // The address of the proxy is not the address of the client.
    expect(outcomes("10.0.0.0/8,192.0.2.1", "203.0.113.9")).toEqual([undefined, ...refused])
    expect(outcomes("0.0.0.0/0,::/0", "")).toEqual([undefined, undefined, "NotAllowed", "NotAllowed", "NotAllowed"])
  })

  it("finds a client without an address in no denied range", () => {
    expect(outcomes("", "203.0.113.9")).toEqual([undefined, "Denied", undefined, undefined, undefined])
    expect(outcomes("", "192.0.2.1")).toEqual([undefined, undefined, undefined, undefined, undefined])
    expect(outcomes("", "")).toEqual([undefined, undefined, undefined, undefined, undefined])
  })

  it("counts all clients without an address as one address, and a proxy by its own", () => {
    const access = new AccessControl(open, { total: unlimited, perAddress: 2 }, "proxy")
    const accept = (client: Endpoint | undefined, remote: Endpoint) => {
      access.reserve()
      return access.acceptReserved(client, remote)?._tag
    }
    const elsewhere = unixEndpoint("/run/other")
    expect([accept(local, local), accept(elsewhere, elsewhere)]).toEqual([undefined, undefined])
    expect([accept(local, local), accept(undefined, unixEndpoint(""))]).toEqual([
      "TooManyOfAddress",
      "TooManyOfAddress",
    ])
    access.leave(elsewhere)
    expect([accept(local, local), accept(local, local)]).toEqual([undefined, "TooManyOfAddress"])
    expect([accept(undefined, proxy), accept(undefined, proxy), accept(undefined, proxy)]).toEqual([
      undefined,
      undefined,
      "TooManyOfAddress",
    ])
    access.reserve()
    expect(access.countAddress(proxy)?._tag).toBe("TooManyOfAddress")
  })
})

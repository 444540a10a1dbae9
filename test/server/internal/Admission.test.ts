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
import { Admission } from "../../../src/server/internal/Admission.ts"

const from = (host: string) => tcpEndpoint(host, 5000)
const rules = (allow = "", deny = ""): AccessRules => {
  const set = (text: string) => AddressSet.from(text === "" ? [] : Either.getOrThrow(parseAddressRanges(text)))
  return { allow: set(allow), deny: set(deny) }
}
const open = rules()
const unlimited = Number.POSITIVE_INFINITY

describe("admission", () => {
  it("lets in as many as may be open, and the next one when one has left", () => {
    const admission = new Admission(open, { inAll: 2, ofAddress: unlimited }, "system")
    expect([admission.enter(from("10.0.0.1")), admission.enter(unixEndpoint(""))]).toEqual([undefined, undefined])
    expect(admission.enter(from("10.0.0.2"))).toEqual({ _tag: "TooManyConnections", limit: 2 })
    expect(admission.enter(from("10.0.0.2"))).toEqual({ _tag: "TooManyConnections", limit: 2 })
    admission.leave(from("10.0.0.1"))
    expect(admission.enter(from("10.0.0.2"))).toBe(undefined)
  })

  it("counts each address by itself, down by one with each connection that leaves", () => {
    const admission = new Admission(open, { inAll: unlimited, ofAddress: 3 }, "system")
    const tooMany = { _tag: "TooManyOfAddress", limit: 3 }
    const enterFrom = (host: string) => admission.enter(from(host))
    expect([1, 2, 3, 4].map(() => enterFrom("10.0.0.1"))).toEqual([undefined, undefined, undefined, tooMany])
    expect([enterFrom("10.0.0.2"), enterFrom("::1")]).toEqual([undefined, undefined])
    admission.leave(from("10.0.0.1"))
    // One of three has left: there is room for one.
    expect([enterFrom("10.0.0.1"), enterFrom("10.0.0.1")]).toEqual([undefined, tooMany])
    for (let leaving = 0; leaving < 3; leaving++) admission.leave(from("10.0.0.1"))
    expect([1, 2, 3, 4].map(() => enterFrom("10.0.0.1"))).toEqual([undefined, undefined, undefined, tooMany])
  })

  it("asks no rule of addresses for unix sockets, whose files have permissions", () => {
    const admission = new Admission(rules("10.0.0.0/8", "10.0.0.1"), { inAll: unlimited, ofAddress: 1 }, "system")
    expect([1, 2, 3].map(() => admission.enter(unixEndpoint("")))).toEqual([undefined, undefined, undefined])
  })

  it("does not count whom it refuses", () => {
    const admission = new Admission(open, { inAll: 10, ofAddress: 1 }, "system")
    admission.enter(from("10.0.0.1"))
    for (let dialled = 0; dialled < 20; dialled++) admission.enter(from("10.0.0.1"))
    const others = Array.from({ length: 9 }, (_, index) => admission.enter(from(`10.0.1.${index}`)))
    expect(others).toEqual(new Array(9).fill(undefined))
    expect(admission.enter(from("10.0.2.1"))?._tag).toBe("TooManyConnections")
  })
})

describe("admission behind a proxy", () => {
  const proxy = from("192.0.2.1")
  const local = unixEndpoint("/run/client")
  /** A client that the proxy names, or does not, and the endpoint that it is counted by. */
  const clients = [
    ["of an allowed address", from("10.0.0.1"), from("10.0.0.1")],
    ["of another address", from("203.0.113.9"), from("203.0.113.9")],
    ["of a unix socket", local, local],
    ["of which nothing is told, by TCP", undefined, proxy],
    ["of which nothing is told, by a unix socket", undefined, unixEndpoint("")],
  ] as const
  const outcomes = (allow: string, deny: string) =>
    clients.map(([, client, remote]) => {
      const admission = new Admission(rules(allow, deny), { inAll: 1, ofAddress: 1 }, "proxy")
      admission.reserve()
      const refusal = admission.admit(client, remote)
      // Whoever was refused has left no slot taken, and whoever was not has taken one.
      expect(admission.reserve() === undefined).toBe(refusal !== undefined)
      return refusal?._tag
    })

  it("refuses a client without an address wherever addresses are allowed", () => {
    const refused = ["NotAllowed", "NotAllowed", "NotAllowed", "NotAllowed"]
    expect(outcomes("10.0.0.0/8", "")).toEqual([undefined, ...refused])
    // The address of the proxy is not that of the client.
    expect(outcomes("10.0.0.0/8,192.0.2.1", "203.0.113.9")).toEqual([undefined, ...refused])
    expect(outcomes("0.0.0.0/0,::/0", "")).toEqual([undefined, undefined, "NotAllowed", "NotAllowed", "NotAllowed"])
  })

  it("finds a client without an address in no denied range", () => {
    expect(outcomes("", "203.0.113.9")).toEqual([undefined, "Denied", undefined, undefined, undefined])
    expect(outcomes("", "192.0.2.1")).toEqual([undefined, undefined, undefined, undefined, undefined])
    expect(outcomes("", "")).toEqual([undefined, undefined, undefined, undefined, undefined])
  })

  it("counts all clients without an address as one address, and a proxy by its own", () => {
    const admission = new Admission(open, { inAll: unlimited, ofAddress: 2 }, "proxy")
    const admit = (client: Endpoint | undefined, remote: Endpoint) => {
      admission.reserve()
      return admission.admit(client, remote)?._tag
    }
    const elsewhere = unixEndpoint("/run/other")
    expect([admit(local, local), admit(elsewhere, elsewhere)]).toEqual([undefined, undefined])
    expect([admit(local, local), admit(undefined, unixEndpoint(""))]).toEqual(["TooManyOfAddress", "TooManyOfAddress"])
    admission.leave(elsewhere)
    expect([admit(local, local), admit(local, local)]).toEqual([undefined, "TooManyOfAddress"])
    expect([admit(undefined, proxy), admit(undefined, proxy), admit(undefined, proxy)]).toEqual([
      undefined,
      undefined,
      "TooManyOfAddress",
    ])
    admission.reserve()
    expect(admission.place(proxy)?._tag).toBe("TooManyOfAddress")
  })
})

import { describe, expect, it } from "@effect/vitest"
import { tcpEndpoint, unixEndpoint } from "../../../src/domain/index.ts"
import { Admission } from "../../../src/server/internal/Admission.ts"

const from = (host: string) => tcpEndpoint(host, 5000)
const open = { allow: [], deny: [] }

describe("admission", () => {
  it("lets in as many as may be open, and the next one when one has left", () => {
    const admission = new Admission(open, { inAll: 2, ofAddress: Number.POSITIVE_INFINITY })
    expect([admission.enter(from("10.0.0.1")), admission.enter(unixEndpoint(""))]).toEqual([undefined, undefined])
    expect(admission.enter(from("10.0.0.2"))).toEqual({ _tag: "TooManyConnections", limit: 2 })
    expect(admission.enter(from("10.0.0.2"))).toEqual({ _tag: "TooManyConnections", limit: 2 })
    admission.leave(from("10.0.0.1"))
    expect(admission.enter(from("10.0.0.2"))).toBe(undefined)
  })

  it("counts each address by itself, however a dual-stack listener writes it", () => {
    const admission = new Admission(open, { inAll: Number.POSITIVE_INFINITY, ofAddress: 1 })
    expect(admission.enter(from("10.0.0.1"))).toBe(undefined)
    expect(admission.enter(from("::ffff:10.0.0.1"))).toEqual({ _tag: "TooManyOfAddress", limit: 1 })
    expect([admission.enter(from("10.0.0.2")), admission.enter(from("::1"))]).toEqual([undefined, undefined])
    admission.leave(from("::ffff:10.0.0.1"))
    expect(admission.enter(from("10.0.0.1"))).toBe(undefined)
  })

  it("does not limit unix sockets by address", () => {
    const admission = new Admission(open, { inAll: Number.POSITIVE_INFINITY, ofAddress: 1 })
    expect([1, 2, 3].map(() => admission.enter(unixEndpoint("")))).toEqual([undefined, undefined, undefined])
  })

  it("does not count whom it refuses", () => {
    const admission = new Admission(open, { inAll: 10, ofAddress: 1 })
    admission.enter(from("10.0.0.1"))
    for (let dialled = 0; dialled < 20; dialled++) admission.enter(from("10.0.0.1"))
    const others = Array.from({ length: 9 }, (_, index) => admission.enter(from(`10.0.1.${index}`)))
    expect(others).toEqual(new Array(9).fill(undefined))
    expect(admission.enter(from("10.0.2.1"))?._tag).toBe("TooManyConnections")
  })
})

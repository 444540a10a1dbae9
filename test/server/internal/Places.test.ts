import { describe, expect, it } from "@effect/vitest"
import { AddressSet, type Endpoint, tcpEndpoint, unixEndpoint } from "../../../src/domain/index.ts"
import { AccessControl } from "../../../src/server/internal/AccessControl.ts"
import { type Placed, Places } from "../../../src/server/internal/Places.ts"

const rules = { allow: AddressSet.from([]), deny: AddressSet.from([]) }
const unlimited = Number.POSITIVE_INFINITY

/** The connections of a server, by default one whose new connections displace old ones. */
const server = (limits: { readonly total?: number; readonly perAddress?: number } = {}, displaces = true) => {
  const access = new AccessControl(rules, { total: unlimited, perAddress: unlimited, ...limits, displaces }, "system")
  const all = new Set<Placed>()
  const places = new Places(access, all, displaces)
  const aborted: Array<number> = []
  let last = 0
  const connect = (remote: Endpoint) => {
    const refusal = access.accept(remote, () => {
      places.freeGone(remote)
      places.displaceOldest(remote)
    })
    if (refusal !== undefined) return refusal._tag
    const id = ++last
    const state = { isGone: false }
    const connection = { state, remote, isGone: () => state.isGone, reset: () => void aborted.push(id) }
    all.add(connection)
    places.add(connection)
    return connection
  }
  const end = (connection: ReturnType<typeof connect>) => {
    if (typeof connection === "string") return expect.unreachable(connection)
    all.delete(connection)
    places.remove(connection)
  }
  /** The kernel has ended a connection, and its event has not arrived. */
  const reset = (connection: ReturnType<typeof connect>) => {
    if (typeof connection === "string") return expect.unreachable(connection)
    connection.state.isGone = true
  }
  return { aborted, connect, end, reset }
}

const from = (host: string) => tcpEndpoint(host, 5000)

describe("displacement", () => {
  it("closes the oldest connection of the address, and no connection of another one", () => {
    const { aborted, connect } = server({ perAddress: 2 })
    for (const host of ["10.0.0.1", "10.0.0.2", "10.0.0.1", "10.0.0.1", "10.0.0.1"]) connect(from(host))
    expect(aborted).toEqual([1, 3])
  })

  it("leaves an address one connection without a limit per address", () => {
    const { aborted, connect } = server()
    for (let dialled = 0; dialled < 4; dialled++) connect(from("10.0.0.1"))
    expect(aborted).toEqual([1, 2, 3])
  })

  it("takes the place of the oldest connection even when the server is full", () => {
    const { aborted, connect } = server({ total: 2 })
    connect(from("10.0.0.1"))
    connect(from("10.0.0.2"))
    expect(typeof connect(from("10.0.0.1"))).toBe("object")
    expect(connect(from("10.0.0.3"))).toBe("TooManyConnections")
    expect(aborted).toEqual([1])
  })

  it("counts each connection once, in whatever order displaced and other connections end", () => {
    const { aborted, connect, end } = server({ total: 1 })
    const first = connect(from("10.0.0.1"))
    const second = connect(from("10.0.0.1"))
    end(first)
    expect(connect(from("10.0.0.2"))).toBe("TooManyConnections")
    end(second)
    const third = connect(from("10.0.0.2"))
    expect([typeof third, aborted]).toEqual(["object", [1]])
    expect(connect(from("10.0.0.1"))).toBe("TooManyConnections")
  })

  it("does not concern connections of unix sockets, which have no address", () => {
    const { aborted, connect, end } = server({ total: 2 })
    const [first, second] = [connect(unixEndpoint("")), connect(unixEndpoint(""))]
    expect([connect(unixEndpoint("")), aborted]).toEqual(["TooManyConnections", []])
    end(first)
    end(second)
    expect(typeof connect(unixEndpoint(""))).toBe("object")
  })
})

describe("the place of a connection that the kernel has ended", () => {
  it("is free for a new connection from the same address and port, and for no other", () => {
    const { connect, end, reset } = server({ perAddress: 1 }, false)
    const old = connect(from("10.0.0.1"))
    expect(connect(from("10.0.0.1"))).toBe("TooManyOfAddress")
    reset(old)
    expect(connect(tcpEndpoint("10.0.0.1", 5001))).toBe("TooManyOfAddress")
    expect(typeof connect(from("10.0.0.1"))).toBe("object")
    // The new connection has the only place, also after the event of the old one.
    expect(connect(from("10.0.0.1"))).toBe("TooManyOfAddress")
    end(old)
    expect(connect(from("10.0.0.1"))).toBe("TooManyOfAddress")
  })

  it("counts in the limit of all connections too", () => {
    const { connect, reset } = server({ total: 1 }, false)
    reset(connect(from("10.0.0.1")))
    expect(typeof connect(from("10.0.0.1"))).toBe("object")
    expect(connect(from("10.0.0.2"))).toBe("TooManyConnections")
  })
})

import * as net from "node:net"
import { describe, expect, it } from "@effect/vitest"
import { takeHandles } from "../../../src/transport/node/takeHandles.ts"

/** A server with a fake listening handle, and a record of its events. */
const listening = (handle: object | null) => {
  const server = new net.Server()
  Reflect.set(server, "_handle", handle)
  const taken: Array<unknown> = []
  takeHandles(server, (client) => void taken.push(client))
  return taken
}

const usable = Object.fromEntries(
  ["readStart", "readStop", "useUserBuffer", "writeBuffer", "writev", "shutdown", "close"].map((name) => [
    name,
    () => 0,
  ]),
)

describe("what a listening handle accepts", () => {
  it("is taken as a handle; errors and unknown handles are left to Node", () => {
    const toNode: Array<unknown> = []
    const handle = {
      onconnection(status: number, client: unknown) {
        toNode.push([this === handle, status, client])
      },
    }
    const taken = listening(handle)
    const { writev: _, ...lacking } = usable
    handle.onconnection(0, usable)
    handle.onconnection(-24, undefined)
    handle.onconnection(0, lacking)
    expect(taken).toEqual([usable])
    expect(toNode).toEqual([
      [true, -24, undefined],
      [true, 0, lacking],
    ])
  })

  it("is left to Node if the listening handle is unknown", () => {
    expect([listening(null), listening({})]).toEqual([[], []])
  })
})

import * as net from "node:net"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { NodeTransport } from "../../../src/transport/index.ts"
import { HandleWire } from "../../../src/transport/node/handleWire.ts"
import { asksOnlyWhatIsKnown, inside, learn } from "../../../src/transport/node/nodeInside.ts"
import { connectedWires, tcpFixture, unixFixture } from "../../support/transportFixture.ts"
import { textOf, utf8 } from "../../support/wireProbe.ts"

describe("the private parts of Node", () => {
  it("are found in the running Node", () => {
    expect(inside).toBeDefined()
    const { buffer, callback, nextBuffer, onread, owner } = inside ?? {}
    expect(new Set([owner, buffer, nextBuffer, callback]).size).toBe(4)
    expect(typeof onread).toBe("function")
  })

  it("are not used if a socket behaves otherwise", () => {
    class Shut extends net.Socket {
      override end(): this {
        return this
      }
    }
    class Mute extends net.Socket {
      override write(): boolean {
        return true
      }
    }
    class Throws extends net.Socket {
      constructor() {
        super()
        throw new Error("not like that")
      }
    }
    for (const Other of [Shut, Mute, Throws]) expect(learn(Other)).toBeUndefined()
    expect(learn(net.Socket)).toBeDefined()
  })

  it("are not used if a handle uses other members of its stream", () => {
    type Stream = Readonly<Record<string, (...args: ReadonlyArray<unknown>) => void>>
    const readers = [
      (stream: Stream, kBuffer: string) => [stream["push"]?.(null), stream[kBuffer]],
      (stream: Stream) => {
        stream.push?.(null)
        stream.noteRead?.()
      },
      () => {},
      // Without a source.
      net.isIP.bind(undefined),
    ]
    expect(readers.map(asksOnlyWhatIsKnown)).toEqual([false, false, false, false])
    expect(asksOnlyWhatIsKnown(new Function("stream", "kBuffer", "stream.push(stream[kBuffer])") as () => void)).toBe(
      true,
    )
  })

  for (const fixture of [tcpFixture, unixFixture]) {
    it.scopedLive(`are used: both ends over ${fixture.name} are wires of their handles`, () =>
      Effect.gen(function* () {
        const { far, near } = yield* connectedWires(fixture)
        expect([far.wire, near.wire].map((wire) => wire instanceof HandleWire)).toEqual([true, true])
      }).pipe(Effect.provide(NodeTransport.layer)),
    )
  }
})

describe("a released handle", () => {
  it.scopedLive("becomes an ordinary socket, and delivers the bytes that were put back first", () =>
    Effect.gen(function* () {
      const { far, near } = yield* connectedWires(tcpFixture)
      near.start()
      far.onEachData = (bytes) => {
        far.wire.pause()
        far.wire.unread(bytes.subarray(4))
      }
      far.start()
      near.wire.write(utf8("headbody"))
      yield* far.until((probe) => probe.received === 8)
      const { wire } = far
      if (!(wire instanceof HandleWire)) return expect.unreachable()
      const socket = wire.release()
      expect(textOf(socket.read() ?? utf8(""))).toBe("body")
      near.wire.write(utf8("behind"))
      yield* Effect.async<void>((resume) => void socket.once("readable", () => resume(Effect.void)))
      expect(textOf(socket.read() ?? utf8(""))).toBe("behind")
      socket.end("answer")
      yield* near.until((probe) => probe.hasEnded())
      expect(textOf(near.bytes())).toBe("answer")
      expect([wire.write(utf8("x")), wire.pending(), far.told]).toEqual([true, 0, ["data"]])
      near.wire.end()
    }).pipe(Effect.provide(NodeTransport.layer)),
  )

  it.scopedLive("that has ended becomes a socket that has ended", () =>
    Effect.gen(function* () {
      const { far } = yield* connectedWires(tcpFixture)
      far.start().wire.destroy()
      yield* far.untilClosed
      const { wire } = far
      if (!(wire instanceof HandleWire)) return expect.unreachable()
      expect(wire.release().destroyed).toBe(true)
    }).pipe(Effect.provide(NodeTransport.layer)),
  )
})

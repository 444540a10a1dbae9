import type * as net from "node:net"
import { describe, expect, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import { writeToHandle } from "../../../src/transport/node/directWrite.ts"
import type { SocketHandle, WriteSink } from "../../../src/transport/node/nodeInside.ts"
import { connectedSockets } from "../../support/sockets.ts"
import { firstDifference, pattern, textOf, utf8 } from "../../support/wireProbe.ts"

/** Collects received bytes until there are this many. */
const read = (socket: net.Socket, length: number) =>
  Effect.async<Buffer>((resume) => {
    const chunks: Array<Buffer> = []
    let got = 0
    const onData = (chunk: Buffer) => {
      chunks.push(chunk)
      got += chunk.length
      if (got < length) return
      socket.off("data", onData)
      socket.pause()
      resume(Effect.succeed(Buffer.concat(chunks)))
    }
    socket.on("data", onData)
  })

const writeDirectly = (socket: net.Socket, bytes: Uint8Array, sink: WriteSink): string =>
  writeToHandle(Reflect.get(socket, "_handle") as SocketHandle, bytes, sink)

const ignored = { onWritten: () => {} }

/** Records the callback for bytes that had to wait. */
const makeSink = Effect.map(Deferred.make<string | undefined>(), (outcome) => ({
  outcome: Deferred.await(outcome),
  isTold: Deferred.isDone(outcome),
  sink: { onWritten: (code: string | undefined) => Deferred.unsafeDone(outcome, Effect.succeed(code)) },
}))

const large = pattern(20_000_000)

describe("writing to a handle", () => {
  it.scopedLive(
    "works on the Node that runs this: what the system takes at once is in order with what Node writes",
    () =>
      Effect.gen(function* () {
        const [socket, peer] = yield* connectedSockets
        expect(writeDirectly(socket, utf8("one "), ignored)).toBe("taken")
        socket.write("two ")
        expect(writeDirectly(socket, utf8("three"), ignored)).toBe("taken")
        expect(textOf(yield* read(peer, 13))).toBe("one two three")
      }),
  )

  it.scopedLive("reports when the kernel has taken waiting bytes, and sends later writes of Node after them", () =>
    Effect.gen(function* () {
      const [socket, peer] = yield* connectedSockets
      const { sink, outcome, isTold } = yield* makeSink
      expect(writeDirectly(socket, large, sink)).toBe("waits")
      socket.write("behind")
      expect(yield* isTold).toBe(false)
      const got = yield* read(peer, large.length + 6)
      expect(yield* outcome).toBeUndefined()
      expect(firstDifference(got.subarray(0, large.length), large)).toBe("same")
      expect(textOf(got.subarray(large.length))).toBe("behind")
    }),
  )

  it.scopedLive("reports an error code when the socket closes while bytes wait", () =>
    Effect.gen(function* () {
      const [socket] = yield* connectedSockets
      const { sink, outcome } = yield* makeSink
      expect(writeDirectly(socket, large, sink)).toBe("waits")
      socket.destroy()
      expect(yield* outcome).toBe("ECANCELED")
    }),
  )

  it.scopedLive("returns the code of an error that the kernel reports at once", () =>
    Effect.gen(function* () {
      const [socket, peer] = yield* connectedSockets
      socket.on("error", () => {})
      // The second write fails at the latest, because no read reports the error before.
      const codes = yield* Effect.async<ReadonlyArray<string>>((resume) => {
        peer.once("close", () => resume(Effect.succeed([0, 1].map(() => writeDirectly(socket, utf8("late"), ignored)))))
        peer.resetAndDestroy()
      })
      expect(["ECONNRESET", "EPIPE"]).toContain(codes.find((code) => code !== "taken"))
    }),
  )
})

// The behaviours in which the contenders differ. Each function starts its own server and uses a plain Node socket as
// the peer.
import { once } from "node:events"
import { connect, type Socket as NetSocket } from "node:net"
import { setTimeout as pause } from "node:timers/promises"
import type { Socket } from "@effect/platform/Socket"
import { SocketServer } from "@effect/platform/SocketServer"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import { type Contender, contenders, port } from "./contenders.ts"

const mebibyte = 1024 * 1024

/** Starts a server with a handler, and connects a plain socket. */
const serve = (contender: Contender, handler: (socket: Socket) => Effect.Effect<void, unknown>) =>
  Effect.gen(function* () {
    const scope = yield* Scope.make()
    const context = yield* Scope.extend(Layer.build(contenders[contender].server), scope)
    const server = yield* Effect.provide(SocketServer, context)
    const running = Effect.forkIn(
      server.run((socket) => Effect.ignore(handler(socket))),
      scope,
    )
    yield* running
    const to = yield* Effect.provide(port, context)
    const peer = yield* Effect.promise(async () => {
      const socket = connect({ host: "127.0.0.1", port: to, allowHalfOpen: true })
      socket.on("error", () => {})
      await once(socket, "connect")
      return socket
    })
    return { peer, end: Scope.close(scope, Exit.void) }
  })

const finish = (peer: NetSocket, end: Effect.Effect<void>) =>
  Effect.suspend(() => {
    peer.destroy()
    return Effect.ignore(Effect.timeout(end, "5 seconds"))
  })

/** Measures how many bytes a server reads while its handler is busy with the first payload. */
export const readWhileBusy = (contender: Contender) =>
  Effect.gen(function* () {
    let bytes = 0
    const { end, peer } = yield* serve(contender, (socket) =>
      socket.run((payload) => {
        bytes += payload.length
        return Effect.never
      }),
    )
    yield* Effect.promise(async () => {
      const piece = new Uint8Array(mebibyte)
      for (let sent = 0; sent < 64; sent++) peer.write(piece)
      for (let last = -1; last !== bytes; ) {
        last = bytes
        await pause(300)
      }
    })
    yield* finish(peer, end)
    return bytes < mebibyte ? `${Math.ceil(bytes / 1024)} KiB` : `${Math.round(bytes / mebibyte)} MiB`
  })

/** Tests whether a handler finishes two payloads in order when the first payload takes longer. */
export const order = (contender: Contender) =>
  Effect.gen(function* () {
    const handled: Array<number> = []
    const { end, peer } = yield* serve(contender, (socket) =>
      socket.run((payload) => {
        const number = payload[0] ?? 0
        return Effect.zipRight(
          Effect.sleep(number === 1 ? "200 millis" : "1 millis"),
          Effect.sync(() => void handled.push(number)),
        )
      }),
    )
    yield* Effect.promise(async () => {
      peer.setNoDelay().write(Uint8Array.of(1))
      await pause(50)
      peer.write(Uint8Array.of(2))
      await pause(500)
    })
    yield* finish(peer, end)
    return handled.join() === "1,2" ? "in order" : "the second first"
  })

/** Measures how much of a 1 MiB reply arrives after the peer has sent its question and FIN. */
export const replyAfterFin = (contender: Contender) =>
  Effect.gen(function* () {
    const { end, peer } = yield* serve(contender, (socket) =>
      Effect.gen(function* () {
        const write = yield* socket.writer
        yield* socket.run(() => Effect.zipRight(Effect.sleep("50 millis"), write(new Uint8Array(mebibyte))))
      }).pipe(Effect.scoped),
    )
    const received = yield* Effect.promise(async () => {
      let bytes = 0
      peer.on("data", (chunk) => {
        bytes += chunk.length
      })
      peer.end("question")
      await Promise.race([once(peer, "end"), once(peer, "close"), pause(3000)])
      return bytes
    })
    yield* finish(peer, end)
    return received === mebibyte ? "whole" : `${received} of ${mebibyte} bytes`
  })

/** Measures how long a server takes to end while a peer does not read. */
export const endWithStuckPeer = (contender: Contender) =>
  Effect.gen(function* () {
    const { end, peer } = yield* serve(contender, (socket) =>
      Effect.gen(function* () {
        const write = yield* socket.writer
        yield* Effect.fork(write(new Uint8Array(64 * mebibyte)))
        yield* socket.run(() => {})
      }).pipe(Effect.scoped),
    )
    peer.pause()
    yield* Effect.promise(() => pause(300))
    const from = performance.now()
    const ended = yield* Effect.timeoutOption(Effect.disconnect(end), "20 seconds")
    const seconds = (performance.now() - from) / 1000
    peer.destroy()
    return ended._tag === "None" ? "not within 20 s" : `${seconds.toFixed(1)} s`
  })

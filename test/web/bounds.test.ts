import { describe, expect, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { WebSocket } from "ws"
import type { Assistant as Domain } from "../../src/domain/index.ts"
import { connectPage, makePageWorld } from "./support/pageWorld.ts"
import { closeCode, openSocket, pageSocket } from "./support/request.ts"

const call = (id: number, tag: string, payload: unknown) =>
  `${JSON.stringify({ _tag: "Request", id: `${id}`, tag, payload, headers: [] })}\n`

/** The next answer to a call. */
const answer = (socket: WebSocket): Effect.Effect<string> =>
  Effect.async((resume) => {
    socket.once("message", (data) => resume(Effect.succeed(String(data))))
  })

describe("a page that misbehaves", () => {
  it.scopedLive("is closed after a message that is too long or malformed, without an effect on other pages", () =>
    Effect.gen(function* () {
      const { server } = yield* makePageWorld({ limits: { messageBytes: 4096 } })
      const good = yield* connectPage(server)
      const messages: ReadonlyArray<readonly [string, string, number]> = [
        ["one message", `"${"x".repeat(5000)}"\n`, 1009],
        ["no JSON", "{\n", 1007],
        ["no object", "null\n", 1007],
        ["no tag", "{}\n", 1007],
        ["an invalid number", `${JSON.stringify({ _tag: "Ack", requestId: "x" })}\n`, 1007],
        ["invalid headers", `${JSON.stringify({ _tag: "Request", id: "1", tag: "About", headers: 5 })}\n`, 1007],
      ]
      for (const [what, message, code] of messages) {
        const socket = yield* pageSocket(server)
        const closed = yield* Effect.fork(closeCode(socket))
        socket.send(message)
        expect([what, yield* Fiber.join(closed)]).toEqual([what, code])
      }
      const inPieces = yield* pageSocket(server)
      const closed = yield* Effect.fork(closeCode(inPieces))
      for (let piece = 0; piece < 5; piece++) inPieces.send("x".repeat(1000))
      expect(yield* Fiber.join(closed)).toBe(1009)
      expect(yield* good.About()).toMatchObject({ attachedTo: "ui" })
    }),
  )

  it.scopedLive("gets an error for a call with invalid arguments, and can make further calls", () =>
    Effect.gen(function* () {
      const { server } = yield* makePageWorld()
      const socket = yield* pageSocket(server)
      socket.send(call(1, "CloseTab", { tab: "one" }))
      expect(JSON.parse(yield* answer(socket))).toMatchObject({
        _tag: "Exit",
        requestId: "1",
        exit: { _tag: "Failure" },
      })
      socket.send(call(2, "About", {}))
      expect(JSON.parse(yield* answer(socket))).toMatchObject({ requestId: "2", exit: { _tag: "Success" } })
    }),
  )

  it.scopedLive("is closed when it has too many unanswered calls", () =>
    Effect.gen(function* () {
      const { server } = yield* makePageWorld({ limits: { calls: 3 }, execute: () => Effect.never })
      const page = yield* connectPage(server)
      const { tab } = yield* page.OpenTab({ kind: "server" })
      const socket = yield* pageSocket(server)
      const closed = yield* Effect.fork(closeCode(socket))
      for (let id = 0; id < 4; id++) socket.send(call(id, "Do", { tab, command: { _tag: "Quit" } }))
      expect(yield* Fiber.join(closed)).toBe(1008)
    }),
  )

  it.scopedLive("that does not read is closed when its queue exceeds the limit, without an effect on other pages", () =>
    Effect.gen(function* () {
      const { server, standIns } = yield* makePageWorld({ limits: { queuedBytes: 64 * 1024 } })
      const good = yield* connectPage(server)
      const { tab } = yield* good.OpenTab({ kind: "server" })
      yield* standIns[0]?.tell("x".repeat(1024 * 1024)) ?? Effect.void
      const socket = yield* pageSocket(server)
      socket.pause()
      const rows = { tab, request: { from: 0, count: 1, view: "text" } }
      for (let id = 0; id < 64; id++) socket.send(call(id, "Rows", rows))
      // The answers fill the buffers of the kernel, then the queue of the server, until the server closes the socket.
      const cut = yield* Effect.fork(closeCode(socket))
      yield* Effect.repeat(good.About(), { times: 100 })
      socket.resume()
      expect(yield* Fiber.join(cut)).toBe(1006)
      expect(yield* good.About()).toMatchObject({ attachedTo: "ui" })
    }),
  )

  it.scopedLive("that does not acknowledge gets no further state until it does, and then the current state", () =>
    Effect.gen(function* () {
      const { server, standIns, workspace } = yield* makePageWorld()
      const { tab } = yield* workspace.open("server")
      const socket = yield* pageSocket(server)
      socket.send(call(1, "Log", { tab }))
      expect(JSON.parse(yield* answer(socket))).toMatchObject({ _tag: "Chunk", values: [{ next: 0 }] })
      const more: Array<string> = []
      socket.on("message", (data) => more.push(String(data)))
      for (let row = 0; row < 1000; row++) {
        yield* standIns[0]?.tell("x") ?? Effect.void
        yield* Effect.yieldNow()
      }
      // The answer to another call proves that the server has sent no state before it.
      socket.send(call(2, "About", {}))
      expect(JSON.parse(yield* answer(socket))).toMatchObject({ _tag: "Exit", requestId: "2" })
      expect(more.length).toBe(1)
      socket.send(`${JSON.stringify({ _tag: "Ack", requestId: "1" })}\n`)
      expect(JSON.parse(yield* answer(socket))).toMatchObject({ _tag: "Chunk", values: [{ next: 1000 }] })
    }),
  )

  it.scopedLive("is refused above the maximum number of pages", () =>
    Effect.gen(function* () {
      const { server } = yield* makePageWorld({ limits: { pages: 2 } })
      const headers = { origin: server.origin }
      expect(yield* openSocket(server, headers)).toBe("open")
      expect(yield* openSocket(server, headers)).toBe("open")
      expect(yield* openSocket(server, headers)).toBe(503)
    }),
  )
})

describe("calls without an end", () => {
  it.scopedLive("are interrupted when their page disconnects", () =>
    Effect.gen(function* () {
      const interrupted = yield* Deferred.make<void>()
      const started = yield* Deferred.make<void>()
      const endless = Effect.zipRight(Deferred.succeed(started, undefined), Effect.never)
      const execute = () => Effect.onInterrupt(endless, () => Deferred.succeed(interrupted, undefined))
      const { server } = yield* makePageWorld({ execute })
      const scope = yield* Scope.make()
      const page = yield* Scope.extend(connectPage(server), scope)
      const { tab } = yield* page.OpenTab({ kind: "server" })
      yield* Effect.forkScoped(page.Do({ tab, command: { _tag: "Quit" } }))
      yield* Deferred.await(started)
      yield* Scope.close(scope, Exit.void)
      yield* Deferred.await(interrupted)
    }),
  )

  it.scopedLive("do not prevent the end of the server, which closes the page with a reason", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const { server } = yield* Scope.extend(makePageWorld({ execute: () => Effect.never }), scope)
      const page = yield* connectPage(server)
      const { tab } = yield* page.OpenTab({ kind: "server" })
      yield* Effect.forkScoped(Effect.ignore(page.Do({ tab, command: { _tag: "Quit" } })))
      yield* Effect.forkScoped(Effect.ignore(Stream.runDrain(page.State({ tab }))))
      const socket = yield* pageSocket(server)
      const code = yield* Effect.fork(closeCode(socket))
      yield* Scope.close(scope, Exit.void)
      expect(yield* Fiber.join(code)).toBe(1001)
    }),
  )

  it.scopedLive("fail alone: a defect in one call has no effect on the others", () =>
    Effect.gen(function* () {
      const execute = (command: Domain.Command) =>
        command._tag === "Quit" ? Effect.dieMessage("a bug") : Effect.succeed({ _tag: "Done" } as const)
      const { server } = yield* makePageWorld({ execute })
      const page = yield* connectPage(server)
      const { tab } = yield* page.OpenTab({ kind: "server" })
      const waiting = yield* Effect.fork(Stream.runHead(Stream.drop(page.State({ tab }), 1)))
      const exit = yield* Effect.exit(page.Do({ tab, command: { _tag: "Quit" } }))
      expect(Exit.isFailure(exit)).toBe(true)
      expect(yield* page.Do({ tab, command: { _tag: "ClearLog" } })).toEqual({ _tag: "Done" })
      expect(waiting.unsafePoll()).toBeNull()
      yield* Fiber.interrupt(waiting)
    }),
  )
})

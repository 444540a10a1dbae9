import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import { Client } from "../../src/client/index.ts"
import { Codec, Framing } from "../../src/domain/index.ts"
import { Messages } from "../../src/protocol/index.ts"
import { Handler, Server } from "../../src/server/index.ts"
import { Testing } from "../../src/testing/index.ts"
import { MemoryTransport } from "../../src/transport/index.ts"
import { anyPort } from "../support/eachTransport.ts"

const utf8 = (text: string) => new TextEncoder().encode(text)

const throwing = (when: "run" | "end"): Handler.Reactor => ({
  _tag: "Reactor",
  name: "throwing",
  onRun: (connection, run) => {
    if (when === "run" && run.length > 1) throw new Error("reactor broke")
    connection.write(run)
  },
  onPeerEnd: () => {
    if (when === "end") throw new Error("reactor broke")
  },
})

describe("application code that throws", () => {
  it.scoped("ends its own connection with HandlerFailed: a reactor that is given a run", () =>
    Effect.gen(function* () {
      const { connect, events, server } = yield* Testing.serve({ handler: throwing("run") })
      const [bad, good] = yield* Effect.all([connect(), connect()])
      yield* bad.send(utf8("two"))
      expect(yield* events.one("ConnectionClosed")).toMatchObject({
        reason: { _tag: "HandlerFailed", message: "reactor broke" },
      })
      yield* good.send(utf8("1"))
      yield* good.receive
      expect((yield* server.connections).length).toBe(1)
    }).pipe(Effect.provide(MemoryTransport.layer())),
  )

  it.scoped("ends its own connection with HandlerFailed: a reactor whose onPeerEnd throws", () =>
    Effect.gen(function* () {
      const { connect, events } = yield* Testing.serve({ handler: throwing("end") })
      const client = yield* connect()
      yield* client.halfClose
      expect(yield* events.one("ConnectionClosed")).toMatchObject({ reason: { _tag: "HandlerFailed" } })
    }).pipe(Effect.provide(MemoryTransport.layer())),
  )

  const broken = (): never => {
    throw new Error("framing broke")
  }
  const decoder = () => ({ ...Framing.raw.decoder(1), push: broken })
  const framings: ReadonlyArray<readonly [string, Partial<Framing.Framing>]> = [
    ["cannot decode", { decoder }],
    ["cannot decode what is left at the end", { decoder: () => ({ push: () => true, end: broken, pending: () => 1 }) }],
    ["cannot cut payloads", { cut: broken, payloads: broken }],
  ]
  for (const [fault, framing] of framings) {
    it.scoped(`ends its own connection with FramingFailed: a framing that ${fault}`, () =>
      Effect.gen(function* () {
        const { connect, events } = yield* Testing.serve({
          handler: (connection) => (connection.id === 1 ? connection.runForEach(() => Effect.void) : Effect.never),
          settings: { frame: { ...Framing.raw, ...framing } },
        })
        const client = yield* connect({ frame: Framing.raw })
        yield* client.send(utf8("x"))
        yield* client.halfClose
        expect(yield* events.one("ConnectionClosed")).toMatchObject({
          reason: { _tag: "FramingFailed", message: "framing broke" },
        })
      }).pipe(Effect.provide(MemoryTransport.layer())),
    )
  }

  it.scoped(
    "ends its own connection with FramingFailed: a framing that throws while a program waits for messages",
    () =>
      Effect.gen(function* () {
        const frame: Framing.Framing = {
          ...Framing.line,
          cut: (run, from, most, each) =>
            run[from] === 0x21 ? broken() : (Framing.line.cut?.(run, from, most, each) ?? run.length),
        }
        const { connect, events } = yield* Testing.serve({
          handler: (connection) => {
            const texts = Messages.of(connection, { receive: Codec.text, send: Codec.text })
            return texts.runForEach(texts.send)
          },
          settings: { frame },
        })
        const [good, bad] = yield* Effect.all([connect({ frame: Framing.line }), connect({ frame: Framing.line })])
        yield* bad.send(utf8("fine"))
        expect(yield* Testing.receiveText(bad)).toBe("fine")
        yield* bad.send(utf8("!"))
        expect(yield* events.one("ConnectionClosed")).toMatchObject({
          id: 2,
          reason: { _tag: "FramingFailed", message: "framing broke" },
        })
        yield* good.send(utf8("still here"))
        expect(yield* Testing.receiveText(good)).toBe("still here")
      }).pipe(Effect.provide(MemoryTransport.layer())),
  )

  it.scoped("fails the receiving of a client with FramingFailed, whenever its framing throws", () =>
    Effect.gen(function* () {
      const { connect } = yield* Testing.serve({ handler: (connection) => connection.send(utf8("x")) })
      for (const [, framing] of framings) {
        const client = yield* connect({ frame: { ...Framing.raw, ...framing } })
        expect(yield* Effect.flip(client.receive)).toMatchObject({
          reason: { _tag: "FramingFailed", message: "framing broke" },
        })
      }
    }).pipe(Effect.provide(MemoryTransport.layer())),
  )
})

describe("the end of a server", () => {
  it.scoped("frees ports that were opened in a scope that lives on, and leaves nothing to drain", () =>
    Effect.gen(function* () {
      const inner = yield* Scope.make()
      const server = yield* Scope.extend(Server.make({ handler: throwing("end") }), inner)
      const { endpoint } = yield* server.listen(anyPort)
      yield* Scope.close(inner, Exit.void)
      expect(yield* server.listening).toEqual([])
      expect(yield* server.drain).toEqual({ graceful: 0, forced: 0 })
      const client = yield* Client.make()
      expect(yield* Effect.flip(client.connect(endpoint))).toMatchObject({ reason: "Refused" })
    }).pipe(Effect.provide(MemoryTransport.layer())),
  )
})

describe("the end of a client", () => {
  it.scoped("ends connections that were made in a scope that lives on", () =>
    Effect.gen(function* () {
      const { endpoint, events } = yield* Testing.serve({ handler: Handler.discard() })
      const inner = yield* Scope.make()
      const client = yield* Scope.extend(Client.make(), inner)
      const connection = yield* client.connect(endpoint)
      yield* events.one("ConnectionOpened")
      yield* Scope.close(inner, Exit.void)
      expect(yield* connection.closed).toMatchObject({ reason: { _tag: "LocalClosed" } })
      yield* connection.close
      yield* events.one("ConnectionClosed")
    }).pipe(Effect.provide(MemoryTransport.layer())),
  )
})

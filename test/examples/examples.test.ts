import { assert, expect, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { Client } from "tcpfx/client"
import { Codec, Framing } from "tcpfx/domain"
import { Server } from "tcpfx/server"
import { NodeTransport } from "tcpfx/transport"
import { chat } from "../../examples/chat-server.ts"
import { hello } from "../../examples/hello-client.ts"
import { HelloServer } from "../../examples/hello-server.ts"

/** A console that keeps what is logged, and tells when something has been. */
const recordingConsole = Effect.gen(function* () {
  const console = yield* Effect.console
  const lines: Array<string> = []
  const waiting = new Map<string, Deferred.Deferred<void>>()
  const note = (line: string) =>
    Effect.suspend(() => {
      lines.push(line)
      const waiter = waiting.get(line)
      return waiter === undefined ? Effect.void : Deferred.succeed(waiter, undefined)
    })
  return {
    console: { ...console, log: (...parts: ReadonlyArray<unknown>) => Effect.asVoid(note(parts.join(" "))) },
    seen: (line: string) =>
      Effect.gen(function* () {
        if (lines.includes(line)) return
        const waiter = yield* Deferred.make<void>()
        waiting.set(line, waiter)
        yield* Deferred.await(waiter)
      }),
  }
})

it.scopedLive("the chat example relays lines, reads along and tells who comes and goes", () =>
  Effect.gen(function* () {
    const { console, seen } = yield* recordingConsole
    const { endpoint } = yield* Effect.withConsole(chat, console)
    const client = yield* Client.make({ frame: Framing.line })
    const ann = yield* client.connect(endpoint)
    const bob = yield* client.connect(endpoint)
    yield* seen("ConnectionOpened")
    yield* bob.send(yield* Codec.text.encode("I am here"))
    yield* seen("I am here")
    const heard = Option.getOrThrow(yield* ann.receive)
    expect(yield* Codec.text.decode(heard)).toBe("I am here")
    yield* ann.close
    yield* seen("ConnectionClosed")
  }).pipe(Effect.provide(NodeTransport.layer)),
)

it.scopedLive("the hello examples: the client sends Hello, server! and gets Hello, client!", () =>
  Effect.gen(function* () {
    const context = yield* Layer.build(HelloServer)
    const server = Context.get(context, Server)
    const [endpoint] = yield* server.listening
    assert(endpoint !== undefined)
    expect(yield* hello(endpoint)).toBe("Hello, client!")
  }).pipe(Effect.provide(NodeTransport.layer)),
)

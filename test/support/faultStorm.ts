import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as FastCheck from "effect/FastCheck"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { type ConnectionId, type Endpoint, Framing, parseAddressRanges } from "../../src/domain/index.ts"
import { Handler, type ServerConnection, type ServerService, type ServerSettings } from "../../src/server/index.ts"
import type { Testing } from "../../src/testing/index.ts"
import { turns } from "../../src/testing/turns.ts"
import { anyPort } from "./eachTransport.ts"
import { dialRaw } from "./rawPeer.ts"
import { string } from "./texts.ts"

/** One action of a storm. `of` picks a peer or a connection. */
export type Act =
  | { readonly act: "dial"; readonly reads: boolean }
  | { readonly act: "write"; readonly of: number; readonly text: string; readonly bytes: number }
  | { readonly act: "read" | "fin" | "reset" | "half-close"; readonly of: number }
  | { readonly act: "kick"; readonly of: number; readonly how: "fin" | "reset" }
  | { readonly act: "send" | "broadcast"; readonly of: number; readonly bytes: number }
  | { readonly act: "stop listening" | "listen" | "deny" | "allow" }
  | { readonly act: "drain"; readonly waits: boolean }
  | { readonly act: "wait"; readonly turns: number }

const everybody = Either.getOrThrow(parseAddressRanges("0.0.0.0/0"))

const of = FastCheck.nat({ max: 30 })
const longest = 4096
const amount = FastCheck.oneof(FastCheck.integer({ min: 0, max: longest }), FastCheck.constant(1024 ** 2))
const act = <const A extends Act["act"], const R extends object>(
  name: A,
  rest: { [K in keyof R]: FastCheck.Arbitrary<R[K]> },
) => FastCheck.record({ act: FastCheck.constant(name), ...rest })

/** The possible actions of a storm. */
export const acts: FastCheck.Arbitrary<ReadonlyArray<Act>> = FastCheck.array(
  FastCheck.oneof(
    { weight: 12, arbitrary: act("dial", { reads: FastCheck.boolean() }) },
    {
      weight: 10,
      arbitrary: act("write", {
        of,
        text: FastCheck.constantFrom("line\n", "two\nlines\n", "part", "boom\n", "park\n"),
        bytes: amount,
      }),
    },
    { weight: 6, arbitrary: act("wait", { turns: FastCheck.nat({ max: 4 }) }) },
    { weight: 3, arbitrary: act("send", { of, bytes: amount }) },
    { weight: 5, arbitrary: act("broadcast", { of, bytes: amount }) },
    ...(["read", "fin", "reset", "half-close"] as const).map((name) => ({ weight: 2, arbitrary: act(name, { of }) })),
    { weight: 2, arbitrary: act("kick", { of, how: FastCheck.constantFrom(...(["fin", "reset"] as const)) }) },
    { weight: 1, arbitrary: act("deny", {}) },
    { weight: 2, arbitrary: act("allow", {}) },
    { weight: 1, arbitrary: act("stop listening", {}) },
    { weight: 3, arbitrary: act("listen", {}) },
    { weight: 1, arbitrary: act("drain", { waits: FastCheck.boolean() }) },
  ),
  { minLength: 120, maxLength: 200, size: "max" },
)

/** A handler that obeys lines with a command and relays other lines. */
const fiberHandler = (connection: ServerConnection) =>
  Stream.runForEach(connection.frames, (line): Effect.Effect<unknown, unknown> => {
    const text = string(line)
    if (text.endsWith("boom")) throw new Error("boom")
    return text.endsWith("park") ? Effect.never : connection.broadcast(line)
  })

/** The handlers of a storm. */
export const handlers = {
  "a broker that keeps": Handler.broker("keep"),
  "a broker that closes": Handler.broker("close"),
  "an echo": Handler.echo(),
  "a handler in fibers": fiberHandler,
} as const satisfies Record<string, Handler.Handler<unknown, never>>

/** Limits that a storm reaches. */
export const tight = {
  frame: Framing.line,
  maxFrame: longest,
  hubBudget: 256 * 1024,
  paceLimit: Duration.millis(50),
  closeDeadline: Duration.millis(50),
  drain: Duration.millis(30),
  maxConns: 12,
} as const satisfies Partial<ServerSettings>

/** A server, its peers, and the actions of a storm on both. */
export class FaultStorm {
  readonly peers: Array<Testing.ScriptedPeer> = []
  private readonly server: ServerService
  private readonly scope: Scope.Scope
  private listening: { readonly endpoint: Endpoint; readonly scope: Scope.CloseableScope } | undefined

  constructor(server: ServerService, scope: Scope.Scope) {
    this.server = server
    this.scope = scope
  }

  /** Does one action. An impossible action does nothing. */
  do(step: Act): Effect.Effect<unknown> {
    switch (step.act) {
      case "dial":
        return this.dial(step.reads)
      case "write":
        return this.peer(step.of, (peer) =>
          peer
            .send(`${step.text}`.padStart(step.bytes % 500, "."))
            .pipe(
              Effect.zipRight(step.bytes > longest ? peer.send(new Uint8Array(step.bytes).fill(0x61)) : Effect.void),
            ),
        )
      case "read":
        return this.peer(step.of, (peer) => peer.startReading)
      case "fin":
        return this.peer(step.of, (peer) => peer.halfClose)
      case "reset":
        return this.peer(step.of, (peer) => peer.reset)
      case "half-close":
        return this.connection(step.of, (id) => this.server.halfClose(id))
      case "kick":
        return this.connection(step.of, (id) => this.server.kick(id, step.how))
      case "send":
        return this.connection(step.of, (id) => this.server.send(id, new Uint8Array(step.bytes)))
      case "broadcast":
        return this.aside(this.server.broadcast(new Uint8Array(step.bytes)))
      case "stop listening":
        return this.stopListening
      case "listen":
        return this.listen
      case "deny":
      case "allow":
        return Effect.orDie(this.server.reload({ allow: [], deny: step.act === "deny" ? everybody : [] }))
      case "drain":
        return Effect.all([
          step.waits ? this.server.drain : this.aside(this.server.drain),
          this.stopListening,
          this.listen,
        ])
      case "wait":
        return turns(step.turns)
    }
  }

  readonly listen: Effect.Effect<void> = Effect.suspend(() => {
    if (this.listening !== undefined) return Effect.void
    return Effect.gen(this, function* () {
      const scope = yield* Scope.fork(this.scope, this.scope.strategy)
      const { endpoint } = yield* Effect.orDie(Scope.extend(this.server.listen(anyPort), scope))
      this.listening = { endpoint, scope }
    })
  })

  private readonly stopListening: Effect.Effect<void> = Effect.suspend(() => {
    const { listening } = this
    this.listening = undefined
    return listening === undefined ? Effect.void : Scope.close(listening.scope, Exit.void)
  })

  private dial(reads: boolean): Effect.Effect<unknown> {
    const { listening } = this
    if (listening === undefined) return Effect.void
    // The server refuses a connection made while it stops listening, and a raw peer treats a refusal as a defect.
    return Effect.exit(
      Effect.map(Scope.extend(dialRaw(listening.endpoint, { reads }), this.scope), (peer) => this.peers.push(peer)),
    )
  }

  private peer(at: number, use: (peer: Testing.ScriptedPeer) => Effect.Effect<unknown>): Effect.Effect<unknown> {
    const peer = this.peers[at % Math.max(1, this.peers.length)]
    return peer === undefined ? Effect.void : use(peer)
  }

  private connection(at: number, use: (id: ConnectionId) => Effect.Effect<unknown, unknown>): Effect.Effect<unknown> {
    return Effect.flatMap(this.server.connections, (all) => {
      const info = all[at % Math.max(1, all.length)]
      return info === undefined ? Effect.void : this.aside(use(info.id))
    })
  }

  // A command may wait for a peer. The storm goes on meanwhile.
  private aside(command: Effect.Effect<unknown, unknown>): Effect.Effect<unknown> {
    return Effect.forkIn(Effect.exit(command), this.scope)
  }
}

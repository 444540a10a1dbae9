import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { Codec } from "../../src/domain/index.ts"
import { Messages, Requests } from "../../src/protocol/index.ts"
import { scriptedPeer } from "./scriptedPeer.ts"
import { utf8 } from "./texts.ts"

/** Messages that are texts. */
export const texts = { receive: Codec.text, send: Codec.text }
const Call = Schema.Struct({ id: Schema.optional(Schema.Number), text: Schema.String })
const calls = { receive: Codec.json(Call), send: Codec.json(Call) }
/** A request that carries its id. */
export const numbered = (text: string) => (id: number) => ({ id, text })
const byId = (nextId = Requests.counter()) => ({ idOf: (call: typeof Call.Type) => call.id, nextId })

/** Requests in order to a peer that follows the script of a test. */
export const inOrder = (options: Partial<Requests.RequestsOptions> = {}) =>
  Effect.gen(function* () {
    const { connection, peer } = yield* scriptedPeer()
    const requests = yield* Requests.make(Messages.of(connection, texts), {
      correlate: "fifo",
      timeout: "1 second",
      ...options,
    })
    return { connection, peer, requests }
  })

/** Requests with ids to a peer that follows the script of a test. */
export const withIds = (options: Partial<Requests.RequestsOptions> = {}, nextId = Requests.counter()) =>
  Effect.gen(function* () {
    const { connection, peer } = yield* scriptedPeer()
    const requests = yield* Requests.make(Messages.of(connection, calls), {
      correlate: byId(nextId),
      timeout: "1 second",
      ...options,
    })
    const reply = (id: number | undefined, text: string) => peer.send(utf8(JSON.stringify({ id, text })))
    return { connection, peer, reply, requests }
  })

/** Waits until the peer has received `count` more payloads. */
export const received = (peer: { readonly receive: Effect.Effect<unknown, unknown> }, count: number) =>
  Effect.orDie(Effect.replicateEffect(peer.receive, count, { discard: true }))

import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Connection } from "../connection/index.ts"
import type { ConnectionClosedError } from "../domain/index.ts"

/**
 * Receives the next payload as text in UTF-8. Returns `undefined` after the FIN of the other side.
 *
 * @example
 * import { Effect } from "effect"
 * import { Framing } from "tcpfx/domain"
 * import { Testing } from "tcpfx/testing"
 *
 * const program = Effect.gen(function* () {
 *   const connection = yield* Testing.connect()
 *   assert.equal(yield* Testing.receiveText(connection), "welcome")
 *   assert.equal(yield* Testing.receiveText(connection), undefined)
 * })
 * const layer = Testing.layer({
 *   handler: (connection) => connection.sendText("welcome"),
 *   settings: { frame: Framing.line },
 * })
 * await Effect.runPromise(program.pipe(Effect.scoped, Effect.provide(layer)))
 */
export const receiveText = (
  connection: Pick<Connection, "receive">,
): Effect.Effect<string | undefined, ConnectionClosedError> =>
  Effect.map(connection.receive, (payload) => Option.getOrUndefined(Option.map(payload, textOf)))

const textOf = (payload: Uint8Array): string => new TextDecoder().decode(payload)

/**
 * Receives payloads until they have `count` bytes or more, and returns them joined. Returns fewer bytes if the other
 * side sends FIN first.
 *
 * @example
 * import { Effect } from "effect"
 * import { Testing } from "tcpfx/testing"
 *
 * const program = Effect.gen(function* () {
 *   const connection = yield* Testing.connect()
 *   assert.equal((yield* Testing.receiveBytes(connection, 100_000)).length, 100_000)
 * })
 * const layer = Testing.layer({ handler: (connection) => connection.send(new Uint8Array(100_000)) })
 * await Effect.runPromise(program.pipe(Effect.scoped, Effect.provide(layer)))
 */
export const receiveBytes = (
  connection: Pick<Connection, "receive">,
  count: number,
): Effect.Effect<Uint8Array, ConnectionClosedError> =>
  Effect.gen(function* () {
    const parts: Array<Uint8Array> = []
    let received = 0
    while (received < count) {
      const payload = yield* connection.receive
      if (Option.isNone(payload)) break
      parts.push(payload.value)
      received += payload.value.length
    }
    const joined = new Uint8Array(received)
    let at = 0
    for (const part of parts) {
      joined.set(part, at)
      at += part.length
    }
    return joined
  })

/**
 * Receives all payloads before the FIN of the other side, and returns them joined.
 *
 * @example
 * import { Effect } from "effect"
 * import { Testing } from "tcpfx/testing"
 *
 * const program = Effect.gen(function* () {
 *   const connection = yield* Testing.connect()
 *   assert.deepEqual(yield* Testing.receiveAll(connection), Uint8Array.of(1, 2, 3))
 * })
 * const layer = Testing.layer({
 *   handler: (connection) => Effect.forEach([1, 2, 3], (byte) => connection.send(Uint8Array.of(byte))),
 * })
 * await Effect.runPromise(program.pipe(Effect.scoped, Effect.provide(layer)))
 */
export const receiveAll = (connection: Pick<Connection, "receive">): Effect.Effect<Uint8Array, ConnectionClosedError> =>
  receiveBytes(connection, Number.POSITIVE_INFINITY)

import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { type Endpoint, Framing, type InvalidPayloadError } from "../domain/index.ts"
import type { PeerWire } from "./internal/PeerWire.ts"
import { type WaitOptions, waitFor } from "./internal/waitFor.ts"
import { UnexpectedBytes } from "./UnexpectedBytes.ts"

/**
 * A peer under full control of a test. It sends exactly the bytes of its script, and fails at the first received byte
 * that the script does not expect. A script is an effect that uses these methods. A string stands for its UTF-8 bytes.
 */
export interface ScriptedPeer {
  readonly local: Endpoint
  readonly remote: Endpoint
  /** Sends bytes without waiting. */
  readonly send: (bytes: Uint8Array | string) => Effect.Effect<void>
  /** Sends a payload as a frame, without waiting. Fails if the framing cannot carry it. */
  readonly sendFrame: (
    framing: Framing.Framing,
    payload: Uint8Array | string,
  ) => Effect.Effect<void, InvalidPayloadError>
  /**
   * Waits until the kernel, or in memory the buffer of the other side, has taken all sent bytes. Fails if the
   * connection ends first.
   */
  readonly flushed: Effect.Effect<void, UnexpectedBytes>
  /** Waits for these bytes, which may come in any number of reads. Fails at the first byte that differs. */
  readonly expect: (bytes: Uint8Array | string) => Effect.Effect<void, UnexpectedBytes>
  /** Waits for the wire bytes of a frame with this payload, as {@link expect} does. */
  readonly expectFrame: (
    framing: Framing.Framing,
    payload: Uint8Array | string,
  ) => Effect.Effect<void, UnexpectedBytes | InvalidPayloadError>
  /** Waits for the FIN of the other side. Fails if a byte comes before it. */
  readonly expectEnd: Effect.Effect<void, UnexpectedBytes>
  /**
   * Waits until the other side resets the connection. Ignores bytes that the script has not taken. Fails if the
   * connection closes without a reset.
   */
  readonly expectReset: Effect.Effect<void, UnexpectedBytes>
  /** Waits for the next `count` bytes, and returns them. */
  readonly take: (count: number) => Effect.Effect<Uint8Array, UnexpectedBytes>
  /** Waits for the FIN or the end of the connection, and returns the bytes before it. */
  readonly takeRest: Effect.Effect<Uint8Array, UnexpectedBytes>
  /** Stops reading. The other side can then send only as many bytes as the buffers of the network hold. */
  readonly stopReading: Effect.Effect<void>
  /** Starts reading again, or for the first time if the peer was made with `reads: false`. */
  readonly startReading: Effect.Effect<void>
  /** Sends FIN after everything sent. Receiving continues. */
  readonly halfClose: Effect.Effect<void>
  /** Sends RST. */
  readonly reset: Effect.Effect<void>
  /** Waits for the end of the connection. Returns the error code of an abrupt end, such as "ECONNRESET". */
  readonly closed: Effect.Effect<Option.Option<string>, UnexpectedBytes>
}

/** Options of a scripted peer. */
export interface PeerOptions extends WaitOptions {
  /** Whether the peer reads from the start. Default `true`. */
  readonly reads?: boolean
}

const encoder = new TextEncoder()
const bytesOf = (content: Uint8Array | string): Uint8Array =>
  typeof content === "string" ? encoder.encode(content) : content

const none = new Uint8Array(0)

/** Makes a scripted peer on a wire. `within` is the timeout of each wait. */
export const makePeer = (wire: PeerWire, within: Duration.Duration): ScriptedPeer => {
  /** Waits until `look` returns a value other than `undefined`. At the deadline, fails with the problem "silent". */
  const until = <A>(expected: Uint8Array, look: () => A | undefined): Effect.Effect<A, UnexpectedBytes> =>
    waitFor(wire.waiters, look, within, () => unexpected(expected, "silent"))
  const untaken = (count: number, problem: UnexpectedBytes["problem"]): UnexpectedBytes =>
    new UnexpectedBytes({ expected: none, count, actual: wire.received(count), offset: wire.offset, problem })
  const unexpected = (expected: Uint8Array, problem: UnexpectedBytes["problem"]): UnexpectedBytes =>
    new UnexpectedBytes({ expected, actual: wire.received(expected.length), offset: wire.offset, problem })
  const flat = <A>(outcome: Effect.Effect<Effect.Effect<A, UnexpectedBytes>, UnexpectedBytes>) =>
    Effect.flatten(outcome)

  const expect = (content: Uint8Array | string) => {
    const expected = bytesOf(content)
    return Effect.suspend(() => {
      // The wait calls the function below after each read. Each call compares only the bytes that are new.
      let compared = 0
      return flat(
        until(expected, (): Effect.Effect<void, UnexpectedBytes> | undefined => {
          const actual = wire.received(expected.length)
          while (compared < actual.length && actual[compared] === expected[compared]) compared++
          if (compared < actual.length) return unexpected(expected, "differs")
          if (actual.length === expected.length) return Effect.sync(() => void wire.take(expected.length))
          const end = wire.endOf()
          return end === undefined ? undefined : unexpected(expected, end)
        }),
      )
    })
  }
  const encoded = (framing: Framing.Framing, payload: Uint8Array | string) =>
    Effect.suspend(() => {
      const wireBytes = Framing.encodeFrame(framing, bytesOf(payload), Number.POSITIVE_INFINITY)
      return wireBytes instanceof Uint8Array ? Effect.succeed(wireBytes) : Effect.fail(wireBytes)
    })
  const send = (content: Uint8Array | string) => Effect.sync(() => wire.write(bytesOf(content)))
  return {
    local: wire.local,
    remote: wire.remote,
    send,
    sendFrame: (framing, payload) => Effect.flatMap(encoded(framing, payload), send),
    flushed: flat(
      until(none, () => {
        if (wire.isFlushed()) return Effect.void
        const end = wire.closeOf()
        return end === undefined ? undefined : unexpected(none, end)
      }),
    ),
    expect,
    expectFrame: (framing, payload) => Effect.flatMap(encoded(framing, payload), expect),
    expectEnd: flat(
      until(none, (): Effect.Effect<void, UnexpectedBytes> | undefined => {
        const actual = wire.received(1)
        if (actual.length > 0) {
          return new UnexpectedBytes({ expected: none, actual, offset: wire.offset, problem: "differs" })
        }
        const end = wire.endOf()
        if (end === undefined) return undefined
        return end === "reset" ? unexpected(none, end) : Effect.void
      }),
    ),
    expectReset: flat(
      until(none, () => {
        const end = wire.closeOf()
        if (end === undefined) return undefined
        return end === "reset" ? Effect.void : unexpected(none, end)
      }),
    ),
    take: (count) =>
      flat(
        waitFor(
          wire.waiters,
          (): Effect.Effect<Uint8Array, UnexpectedBytes> | undefined => {
            if (wire.received(count).length === count) return Effect.sync(() => wire.take(count))
            const end = wire.endOf()
            return end === undefined ? undefined : untaken(count, end)
          },
          within,
          () => untaken(count, "silent"),
        ),
      ),
    takeRest: until(none, () => (wire.endOf() === undefined ? undefined : wire.take(Number.POSITIVE_INFINITY))),
    stopReading: Effect.sync(() => wire.setReading(false)),
    startReading: Effect.sync(() => wire.setReading(true)),
    halfClose: Effect.sync(() => wire.halfClose()),
    reset: Effect.sync(() => wire.reset()),
    closed: until(none, () => (wire.closeOf() === undefined ? undefined : Option.fromNullable(wire.code()))),
  }
}

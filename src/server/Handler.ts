import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Connection, HalfClosed } from "../connection/index.ts"
import type { ConnectionId, SendError, TlsSession } from "../domain/index.ts"

/** A connection that a server accepted. */
export interface ServerConnection extends Connection {
  readonly id: ConnectionId
  /** What TLS has agreed on; none where it is not spoken. */
  readonly tls: TlsSession | undefined
  /** Sends one payload to every other connection, through the hub. Waits while publishers are held back. */
  readonly broadcast: (payload: Uint8Array) => Effect.Effect<void, SendError>
}

/**
 * The program of one connection. It runs in a fiber and a scope of its own. When it succeeds, the connection is flushed
 * and closed, and everything that it acquired is gone. When it fails or dies, its connection ends with `HandlerFailed`
 * (with `SlowConsumer`, if it fails with `SlowConsumerError`), and no other notices; with unsent bytes the peer sees a
 * reset.
 */
export type FiberHandler<E, R> = (connection: ServerConnection) => Effect.Effect<void, E, R | Scope.Scope>

/** What a reactor can do with the connection that it is called for. All of it is synchronous. */
export interface ReactorConnection {
  readonly id: ConnectionId
  /** Writes wire bytes back. Reading is held back while the peer does not take them. */
  readonly write: (wire: Uint8Array) => void
  /** Sends one payload back so many times, marked by the framing and told as `FrameSent`, as fast as the peer takes it. */
  readonly reply: (payload: Uint8Array, times: number) => void
  /** Bytes of replies that wait until the peer takes them. */
  readonly owed: () => number
  /**
   * Goes on in a later turn of the event loop, when the peer has taken all replies. Until then nothing is read, and the
   * connection is not closed in order. `more` may put off what is left again; it is not called after the connection has ended.
   */
  readonly putOff: (more: () => void) => void
  /** Publishes a run of whole frames to all others. Reading is held back while publishers are. */
  readonly publish: (run: Uint8Array) => void
  /** How many frames a run holds. */
  readonly count: (run: Uint8Array) => number
  /** Closes it in order. */
  readonly close: () => void
}

/**
 * A program without a fiber step for each message: callbacks that get whole runs of frames. It keeps no state but what
 * it closes over; when it throws, its connection ends with `HandlerFailed`.
 */
export interface Reactor {
  readonly _tag: "Reactor"
  readonly name: string
  readonly onRun: (connection: ReactorConnection, run: Uint8Array) => void
  /** The peer has sent FIN, and everything before it was given to `onRun`. */
  readonly onPeerEnd: (connection: ReactorConnection) => void
}

/** What serves the connections of a server. */
export type Handler<E, R> = FiberHandler<E, R> | Reactor

export type { HalfClosed } from "../connection/index.ts"

const onPeerEnd = (halfClosed: HalfClosed) => (connection: ReactorConnection) => {
  if (halfClosed === "close") connection.close()
}

/** Relays what each sends to all others, byte for byte, in order. */
export const broker = (halfClosed: HalfClosed = "keep"): Reactor => ({
  _tag: "Reactor",
  name: "broker",
  onRun: (connection, run) => connection.publish(run),
  onPeerEnd: onPeerEnd(halfClosed),
})

/** Sends back what comes (RFC 862). */
export const echo = (halfClosed: HalfClosed = "close"): Reactor => ({
  _tag: "Reactor",
  name: "echo",
  onRun: (connection, run) => connection.write(run),
  onPeerEnd: onPeerEnd(halfClosed),
})

/** Takes what comes and answers nothing (RFC 863); the events tell what it was. */
export const discard = (halfClosed: HalfClosed = "close"): Reactor => ({
  _tag: "Reactor",
  name: "discard",
  onRun: () => {},
  onPeerEnd: onPeerEnd(halfClosed),
})

/** Answers each frame with the same payload. */
export const reply = (payload: Uint8Array, halfClosed: HalfClosed = "close"): Reactor => ({
  _tag: "Reactor",
  name: "reply",
  onRun: (connection, run) => connection.reply(payload, connection.count(run)),
  onPeerEnd: onPeerEnd(halfClosed),
})

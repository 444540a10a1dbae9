import * as Duration from "effect/Duration"

/** What may happen to a subscriber that lags further behind than its budget. */
export const slowConsumerPolicies = ["disconnect", "drop-oldest", "block"] as const
export type SlowConsumerPolicy = (typeof slowConsumerPolicies)[number]

/**
 * Every bound, in one place: its default, its unit, and what the peer sees when it bites.
 */
export const limits = {
  /** Payload of one frame, bytes. Whoever sends a longer one is closed with `FrameTooLong`. */
  maxFrameBytes: 1024 * 1024,
  /**
   * The largest `maxFrame` of the command, bytes. A line of JSON for a frame of zeros has 7.4 times its length, and a
   * string of Node no more than 512 MiB: beyond this size nobody could read the line.
   */
  maxFrameMostBytes: 64 * 1024 * 1024,
  /**
   * What may wait for one subscriber of the hub, bytes, in the shared log and in its socket. Beyond it the policy
   * decides: closed with `SlowConsumer`, frames missing, or its publishers paused.
   */
  hubBudgetBytes: 8 * 1024 * 1024,
  /** What a subscriber beyond its budget meets. */
  slowConsumer: "disconnect" as SlowConsumerPolicy,
  /**
   * How long publishers wait for subscribers of whom none takes anything; their peers' windows close meanwhile. Then
   * those who stand still are no longer waited for, and their lag grows towards the budget.
   */
  paceLimit: Duration.seconds(5),
  /** Received and not yet taken by a handler, bytes per connection. Reading stops: the peer's window closes. */
  inboxBytes: 64 * 1024,
  /** Handed over for sending and not yet taken by the system, bytes per connection. `send` waits. */
  outboxBytes: 64 * 1024,
  /**
   * How long a closing connection may make no progress: its peer takes nothing, or does not send its FIN. Then it is
   * destroyed: the peer sees a reset.
   */
  closeDeadline: Duration.seconds(5),
  /**
   * A PROXY header of version 2 with its extensions, bytes; one of version 1 has 107 at most. A longer one is invalid:
   * its connection is closed.
   */
  proxyHeaderBytes: 4096,
  /** Draining a server. Then what is left is destroyed: the peers see a reset. */
  drainDeadline: Duration.seconds(5),
  /** From accept until a connection is open, where there is a handshake. Then it is closed: `HandshakeTimeout`. */
  handshakeTimeout: Duration.seconds(10),
  /** Silence after which a heartbeat is sent, and how long an answer may take. Then it is closed: `HeartbeatLost`. */
  heartbeatInterval: Duration.seconds(15),
  /** Connecting, names and all addresses included. */
  connectTimeout: Duration.seconds(10),
  /** Head start of one address of a name over the next (RFC 8305, section 5). */
  attemptDelay: Duration.millis(250),
  /** What a session keeps for sending, bytes. Beyond it the sender waits, or payloads are dropped and counted. */
  sessionOutboxBytes: 1024 * 1024,
  /**
   * Connections that the system completes and that wait to be accepted (listen(2)). A peer beyond it tries again after a
   * second. The system may allow fewer: Linux 4096, and older ones 128 (`net.core.somaxconn`).
   */
  backlog: 4096,
  /** Events that wait for one subscriber to the events, bytes (an event counts 256 and its payload). */
  eventBufferBytes: 4 * 1024 * 1024,
} as const

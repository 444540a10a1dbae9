import * as Duration from "effect/Duration"

/** The policies for a subscriber that exceeds its budget. */
export const slowConsumerPolicies = ["disconnect", "drop-oldest", "block"] as const
export type SlowConsumerPolicy = (typeof slowConsumerPolicies)[number]

/** The defaults of all limits. Each comment names the unit and the effect on a peer at the limit. */
export const limits = {
  /** The maximum payload of a frame, bytes. A peer that sends a longer frame is disconnected with `FrameTooLong`. */
  maxFrameBytes: 1024 * 1024,
  /**
   * The maximum value of `maxFrame` for the command, bytes. The JSON line of a frame of zeros has 7.4 times the frame's
   * length, and a string in Node has at most 512 MiB. A program on Node could not read the line of a larger frame.
   */
  maxFrameMostBytes: 64 * 1024 * 1024,
  /**
   * The maximum number of bytes queued for one subscriber of the hub, in the shared log and in its socket. Above it,
   * the policy applies: the subscriber is disconnected with `SlowConsumer`, or it misses frames, or the publishers
   * wait.
   */
  hubBudgetBytes: 8 * 1024 * 1024,
  /** The policy for a subscriber that exceeds its budget. */
  slowConsumer: "disconnect" as SlowConsumerPolicy,
  /**
   * The maximum time for which publishers wait while no lagging subscriber makes progress. During this time, the server
   * does not read from the publishers, so their TCP windows close. After this time, publishers stop waiting for the
   * stalled subscribers, and the lag of the stalled subscribers grows towards the budget.
   */
  paceLimit: Duration.seconds(5),
  /**
   * The maximum number of received bytes per connection that the handler has not read. At the limit, the connection
   * stops reading, and the peer's TCP window closes.
   */
  inboxBytes: 64 * 1024,
  /**
   * The maximum number of bytes per connection that are queued for sending and that the kernel has not accepted. At the
   * limit, `send` waits.
   */
  outboxBytes: 64 * 1024,
  /**
   * The maximum time for which a closing connection makes no progress, because the peer accepts no bytes or does not
   * send FIN. After this time, the connection is reset.
   */
  closeDeadline: Duration.seconds(5),
  /**
   * The maximum length of a PROXY header of version 2 with its extensions, bytes (version 1: 107 bytes). A connection
   * with a longer header is refused.
   */
  proxyHeaderBytes: 4096,
  /** The maximum duration of a drain. After this time, the remaining connections are reset. */
  drainDeadline: Duration.seconds(5),
  /**
   * The maximum time for the PROXY header and the TLS handshake. After this time, the connection is refused with
   * `HandshakeTimeout`.
   */
  handshakeTimeout: Duration.seconds(10),
  /**
   * The silence of a peer before this side sends a heartbeat, and then the maximum time for the peer's answer. A peer
   * that does not answer is disconnected with `HeartbeatLost`.
   */
  heartbeatInterval: Duration.seconds(15),
  /** The maximum time for connecting, including the name look-up and all addresses. */
  connectTimeout: Duration.seconds(10),
  /** The delay before the attempt at the next address of a name (RFC 8305, section 5). */
  attemptDelay: Duration.millis(250),
  /**
   * The maximum number of bytes that a session queues for sending. Above it, the sender waits, or the session drops and
   * counts payloads.
   */
  sessionOutboxBytes: 1024 * 1024,
  /**
   * The maximum number of completed connections that wait for accept (listen(2)). If the backlog is full, a new client
   * retries after about a second. The kernel may allow fewer: Linux allows 4096, and before version 5.4 it allowed 128
   * (`net.core.somaxconn`).
   */
  backlog: 4096,
  /**
   * The maximum number of bytes of events queued for one subscriber. An event counts 256 bytes, its payload, and 8
   * bytes for each recipient.
   */
  eventBufferBytes: 4 * 1024 * 1024,
} as const

import * as Duration from "effect/Duration"
import { Framing } from "../domain/index.ts"
import type { Timing } from "../runtime/Timing.ts"
import { type Rule, Watch } from "../runtime/Watch.ts"
import type { ConnectionCore } from "./ConnectionCore.ts"
import type { CheckedHeartbeat } from "./Heartbeat.ts"

/** The deadlines of a peer, from the settings of a server or client. */
export interface DeadlineSettings {
  readonly frame: Framing.Framing
  readonly firstFrameTimeout?: Duration.Duration
  readonly idleTimeout: Duration.Duration
  readonly heartbeat: CheckedHeartbeat | undefined
  readonly writeTimeout: Duration.Duration
}

/** The watches for the deadlines in the settings. A deadline that is not set has no watch. */
export const deadlineWatches = (settings: DeadlineSettings, timing: Timing): ReadonlyArray<Watch<ConnectionCore>> =>
  deadlineRules(settings).map((rule) => new Watch(timing, rule))

const deadlineRules = (settings: DeadlineSettings): ReadonlyArray<Rule<ConnectionCore>> => [
  ...(settings.firstFrameTimeout !== undefined && Duration.isFinite(settings.firstFrameTimeout)
    ? [firstFrame(settings.firstFrameTimeout)]
    : []),
  ...(Duration.isFinite(settings.idleTimeout) ? [idle(settings.idleTimeout)] : []),
  ...(settings.heartbeat === undefined ? [] : [heartbeat(settings.frame, settings.heartbeat)]),
  ...(Duration.isFinite(settings.writeTimeout) ? [write(settings.writeTimeout)] : []),
]

/**
 * Only a whole frame ends this deadline. The time does not run while reading is stopped, unless this peer's own rate
 * limit is the only cause. Without this exception a peer could stay connected for ever by sending too fast.
 */
const firstFrame = (timeout: Duration.Duration): Rule<ConnectionCore> => ({
  mark: () => 0,
  clock: (core) => (core.hasFrame || core.isClosing() ? "over" : core.isHeldForOthers() ? "stands" : "runs"),
  stages: [
    {
      after: timeout,
      onDue: (core) => core.beginClose({ _tag: "FirstFrameTimeout", timeoutMillis: Duration.toMillis(timeout) }),
    },
  ],
})

/** The peer cannot send while reading is stopped. So the time starts again when reading continues. */
const idle = (timeout: Duration.Duration): Rule<ConnectionCore> => ({
  mark: (core) => core.bytesIn(),
  clock: (core) => (core.isHeld() ? "restarts" : "runs"),
  stages: [
    {
      after: timeout,
      onDue: (core) => core.beginClose({ _tag: "IdleTimeout", timeoutMillis: Duration.toMillis(timeout) }),
    },
  ],
})

/**
 * The heartbeat ends at the first FIN. After its FIN the peer cannot answer. After this side's FIN no frame can be
 * sent.
 */
const heartbeat = (frame: Framing.Framing, { interval, payload, timeout }: CheckedHeartbeat): Rule<ConnectionCore> => {
  const bytes = Framing.wireOf(frame, payload)
  return {
    mark: (core) => core.bytesIn(),
    clock: (core) => (core.isPeerEnded() || !core.isWritable() ? "over" : core.isHeld() ? "restarts" : "runs"),
    stages: [
      { after: interval, onDue: (core) => void core.write(bytes) },
      {
        after: timeout,
        // The peer does not answer, so it would not answer a FIN either.
        onDue: (core) => core.abort({ _tag: "HeartbeatLost", timeoutMillis: Duration.toMillis(timeout) }),
      },
    ],
  }
}

/** A closing connection has its own deadline, `closeDeadline`. */
const write = (timeout: Duration.Duration): Rule<ConnectionCore> => ({
  mark: (core) => core.progress(),
  clock: (core) => (core.isClosing() ? "over" : core.pending() === 0 ? "restarts" : "runs"),
  stages: [
    {
      after: timeout,
      onDue: (core) =>
        core.abort({
          _tag: "WriteTimeout",
          pendingBytes: core.pending(),
          timeoutMillis: Duration.toMillis(timeout),
        }),
    },
  ],
})

import * as Duration from "effect/Duration"
import type { Framing } from "../domain/index.ts"
import type { Timing } from "../runtime/Timing.ts"
import { type Rule, Watch } from "../runtime/Watch.ts"
import type { ConnectionCore } from "./ConnectionCore.ts"
import type { Heartbeat } from "./Heartbeat.ts"

/** What is demanded of a peer, among the settings of a server or client. */
export interface DeadlineSettings {
  readonly frame: Framing.Framing
  readonly firstFrameTimeout?: Duration.Duration
  readonly idleTimeout: Duration.Duration
  readonly heartbeat: Heartbeat | undefined
  readonly writeTimeout: Duration.Duration
}

/** What watches over the deadlines that the settings ask for; nothing where they ask for none. */
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
 * What a peer sends counts only as a whole frame. While others hold it up, no time passes; that it sends too fast is its
 * own doing, and would else be a way to stay.
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

/** Held back, a peer cannot send: that is no idleness of the peer's. */
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

/** Who has sent FIN can answer nothing, and nothing can be sent behind our own. */
const heartbeat = (frame: Framing.Framing, { interval, payload, timeout }: Heartbeat): Rule<ConnectionCore> => {
  const bytes = frame.encode(payload)
  return {
    mark: (core) => core.bytesIn(),
    clock: (core) => (core.isPeerEnded() || !core.isWritable() ? "over" : core.isHeld() ? "restarts" : "runs"),
    stages: [
      { after: interval, onDue: (core) => void core.write(bytes) },
      {
        after: timeout,
        // It answers nothing, so it would not answer a FIN either.
        onDue: (core) => core.abort({ _tag: "HeartbeatLost", timeoutMillis: Duration.toMillis(timeout) }),
      },
    ],
  }
}

/** A connection that is closing has a deadline of its own. */
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

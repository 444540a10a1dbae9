import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { ConnectionClosedError, closeReasons, type Framing } from "../../domain/index.ts"
import { arrivals } from "./arrivals.ts"
import { ReplyLines } from "./ReplyLines.ts"
import type { Talk } from "./Talk.ts"

/** When the next payload of the input may be sent. */
export interface Pacing {
  /** The pause before each payload. */
  readonly delay: Duration.Duration
  /** Whether each payload waits for the answer to the payload before it. */
  readonly lockstep: boolean
  /** How long the server may send nothing before the connection is closed. */
  readonly idleTimeout: Duration.Duration
}

/** The pace of one conversation. */
export interface Pace {
  /** Waits until the next payload may be sent. In lockstep it fails if the peer will send no more answers. */
  readonly next: Effect.Effect<void, ConnectionClosedError>
  /** Waits for the answer to the last payload. */
  readonly last: Effect.Effect<void>
}

// Some servers speak first, such as SMTP, and refuse a client that does not wait. Others wait for the client.
const greetingTime = Duration.seconds(1)

// In raw framing nothing marks the end of an answer. A pause after a line end ends it. Text without a line end may be a
// prompt, or the beginning of a line whose rest is still on its way.
const pauseAfterLine = Duration.millis(50)
const pauseInLine = Duration.millis(250)

// A line such as `250-` says that more lines follow. A slow server pauses between them. A device may send such a line
// with another meaning, so the wait has a bound.
const pauseInReply = Duration.seconds(10)

/** Makes the pace of a conversation. */
export const makePace = (
  { delay, idleTimeout, lockstep }: Pacing,
  talk: Talk,
  framing: Pick<Framing.Framing, "delimited" | "pause">,
): Pace => {
  const marks = framing.delimited !== false || framing.pause !== undefined
  let isFirst = true
  let repliesBefore = 0
  const lines = lockstep && !marks ? new ReplyLines() : undefined
  talk.lines = lines
  const pause: Effect.Effect<void> = Effect.suspend(() => {
    const { replies } = talk
    const time = lines?.isOpen === true ? pauseInReply : talk.endsLine ? pauseAfterLine : pauseInLine
    const goesOn = () => talk.replies > replies || talk.isOver
    return Effect.raceFirst(talk.until(goesOn), Effect.zipRight(Effect.sleep(time), arrivals)).pipe(
      Effect.flatMap(() => (talk.isOver || !goesOn() ? Effect.void : pause)),
    )
  })
  const begun = talk.until(() => talk.replies > repliesBefore || talk.isOver)
  const answer = marks ? begun : Effect.zipRight(begun, pause)
  // A server without a greeting must not reach its idle timeout before it gets the first payload.
  const patience = Duration.min(greetingTime, Duration.times(idleTimeout, 0.5))
  const greeting = Effect.flatMap(Effect.timeoutOption(begun, Duration.max(patience, delay)), () =>
    talk.replies > 0 ? answer : Effect.void,
  )
  const inStep = Effect.suspend(() => (isFirst ? greeting : answer)).pipe(
    Effect.zipRight(
      Effect.suspend(() =>
        talk.isOver ? Effect.fail(new ConnectionClosedError({ reason: closeReasons.peerClosed })) : Effect.void,
      ),
    ),
  )
  return {
    next: (lockstep ? inStep : Effect.void).pipe(
      Effect.zipRight(Effect.sleep(delay)),
      Effect.zipRight(
        Effect.sync(() => {
          isFirst = false
          lines?.restart()
          repliesBefore = talk.replies
        }),
      ),
    ),
    last: Effect.suspend(() => (lockstep && !isFirst ? answer : Effect.void)),
  }
}

import * as Duration from "effect/Duration"
import * as Either from "effect/Either"
import { parseCount, parseDuration } from "./quantities.ts"
import { ValueSyntaxError } from "./syntaxErrors.ts"

/** TCP keepalive: when the kernel probes a silent peer, and when it gives the peer up (tcp(7)). */
export interface Keepalive {
  /** The silence of the peer before the first probe (TCP_KEEPIDLE), 1 s to 32767 s. Infinite: no probes. */
  readonly idle: Duration.DurationInput
  /** The time between two probes (TCP_KEEPINTVL), 1 s to 32767 s. Default 1 s. */
  readonly interval?: Duration.DurationInput | undefined
  /** The number of unanswered probes after which the kernel ends the connection (TCP_KEEPCNT), 1 to 127. Default 10. */
  readonly count?: number | undefined
}

/** A keepalive with checked durations. Without `interval` and `count`, Node's own values apply. */
export interface CheckedKeepalive {
  readonly idle: Duration.Duration
  readonly interval?: Duration.Duration | undefined
  readonly count?: number | undefined
}

/** No keepalive. */
export const noKeepalive: CheckedKeepalive = { idle: Duration.infinity }

/** The interval and the count that Node sets unless it is told others (libuv, `uv_tcp_keepalive`). */
export const keepaliveDefaults = { interval: Duration.seconds(1), count: 10 } as const

/** The bounds of a keepalive: its times in whole seconds (MAX_TCP_KEEPIDLE, MAX_TCP_KEEPINTVL) and MAX_TCP_KEEPCNT. */
export const keepaliveBounds = { leastSeconds: 1, mostSeconds: 32_767, mostProbes: 127 } as const

const syntax = "TIME, TIME,INTERVAL or TIME,INTERVAL,COUNT; the times from 1s to 32767s, the count from 1 to 127"

const isTime = (duration: Duration.Duration): boolean =>
  Duration.between(duration, {
    minimum: Duration.seconds(keepaliveBounds.leastSeconds),
    maximum: Duration.seconds(keepaliveBounds.mostSeconds),
  })

/**
 * Reads a keepalive: the time before the first probe, and after commas the time between probes and their number. The
 * times are durations as for {@link parseDuration}.
 *
 * @example
 * import { Duration, Either } from "effect"
 * import { parseKeepalive } from "tcpfx/domain"
 *
 * const keepalive = { idle: Duration.seconds(5), interval: Duration.seconds(2), count: 3 }
 * assert.deepEqual(parseKeepalive("5s,2s,3"), Either.right(keepalive))
 * assert.equal(Either.isLeft(parseKeepalive("500ms")), true)
 */
export const parseKeepalive = (input: string): Either.Either<CheckedKeepalive, ValueSyntaxError> => {
  const fail = (problem: string) =>
    Either.left(new ValueSyntaxError({ input, kind: "a keepalive", problem, expected: syntax }))
  const parts = input.split(",").map((part) => part.trim())
  if (parts.length > 3) return fail("it has more than three parts")
  const timeOf = (part: string, name: string) =>
    Either.flatMap(
      Either.orElse(parseDuration(part), ({ problem }) => fail(`${name} is wrong: ${problem}`)),
      (duration) => (isTime(duration) ? Either.right(duration) : fail(`${name} is out of range`)),
    )
  const [idle = "", interval, count] = parts
  return Either.gen(function* () {
    const first = { idle: yield* timeOf(idle, "the time") }
    if (interval === undefined) return first
    const second = { ...first, interval: yield* timeOf(interval, "the interval") }
    if (count === undefined) return second
    const probes = Either.getOrElse(parseCount(count), () => 0)
    if (probes < 1 || probes > keepaliveBounds.mostProbes) return yield* fail("the count is out of range")
    return { ...second, count: probes }
  })
}

import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import type { Framing } from "../domain/index.ts"
import { Broken, hexOf } from "./internal/feed.ts"
import {
  type Check,
  ends,
  garbage,
  independence,
  isSendable,
  limits,
  readers,
  roundTrip,
  type Sample,
  splits,
} from "./internal/laws.ts"

/**
 * The laws of a framing.
 *
 * | law | what holds |
 * |---|---|
 * | `roundTrip` | Each payload that `encode` and `refuses` accept arrives unchanged, alone and with others in one read. |
 * | `splits` | The payloads, the failure and the bytes left at the end do not depend on where the bytes are split into reads. |
 * | `limits` | A payload of `maxFrame` bytes is sent and received. A longer payload is refused, and its frame is reported. |
 * | `readers` | `payloads`, `cut` and `count` find the same frames in each run. |
 * | `ends` | `end` passes buffered bytes on or returns their number, and leaves nothing pending. |
 * | `garbage` | No bytes make the framing throw or return a payload above the limit. For garbage too, the result does not depend on the splits. |
 * | `independence` | Decoders of the framing share no state. |
 * | `memory` | A decoder never changes its input, or a run or a payload that it has passed on. `encode` never changes a payload, or a frame that it has returned. |
 */
export type FramingLaw = "roundTrip" | "splits" | "limits" | "readers" | "ends" | "garbage" | "independence" | "memory"

/** The options of {@link framingLaws}. */
export interface FramingLawsOptions {
  /**
   * The payloads of the checks. A framing that refuses most payloads needs payloads that it accepts. Default: 0 to 40
   * bytes, random or from a few values such as 0 and LF.
   */
  readonly payload?: FastCheck.Arbitrary<Uint8Array>
  /**
   * The limit in bytes, like the setting `maxFrame`. It must be greater than the length of each payload. Default: 4096.
   */
  readonly maxFrameBytes?: number
  /** The number of random samples for each law. Default: 100. */
  readonly samples?: number
  /** The seed of the samples. The same seed makes the same samples. Default: 1. */
  readonly seed?: number
}

/** A framing breaks a law. */
export class FramingLawError extends Data.TaggedError("FramingLawError")<{
  /** The name of the framing. */
  readonly framing: string
  readonly law: FramingLaw
  /** The problem that the {@link reads} show. */
  readonly problem: string
  /** The shortest input that was found: the reads of a decoder, a run, or a payload. */
  readonly reads: ReadonlyArray<Uint8Array>
}> {
  override get message(): string {
    const input = this.reads.length === 0 ? "" : ` (${this.reads.map(hexOf).join(", ")})`
    return `the framing ${this.framing} breaks the law ${this.law}: ${this.problem}${input}`
  }
}

/**
 * The laws in the order of the checks. Only the first broken law is reported, so simple laws come first. `needsMarks`:
 * the law does not apply to framings with `delimited: false`.
 */
const laws: ReadonlyArray<{ readonly law: FramingLaw; readonly check: Check; readonly needsMarks: boolean }> = [
  { law: "roundTrip", check: roundTrip, needsMarks: true },
  { law: "readers", check: readers, needsMarks: false },
  { law: "independence", check: independence, needsMarks: false },
  { law: "splits", check: splits, needsMarks: true },
  { law: "limits", check: limits, needsMarks: true },
  { law: "garbage", check: garbage, needsMarks: false },
  { law: "ends", check: ends, needsMarks: false },
]

const anyPayload = FastCheck.oneof(
  FastCheck.uint8Array({ maxLength: 40 }),
  FastCheck.array(FastCheck.constantFrom(0, 1, 2, 0x0a, 0x10, 0xff), { maxLength: 40 }).map((bytes) =>
    Uint8Array.from(bytes),
  ),
)

/**
 * Checks a framing against the laws that server, client and hub rely on, with random payloads, splits and garbage.
 * Fails with the broken law and the shortest counterexample. It needs no test runner, no clock and no socket.
 *
 * For a framing whose frames depend on the time of arrival (`delimited: false`), the laws `roundTrip`, `splits` and
 * `limits` do not apply. An endless loop in a framing blocks the whole process. Only a timeout outside the process can
 * end it.
 *
 * @example
 * import { Effect } from "effect"
 * import { Framing } from "tcpfx/domain"
 * import { Testing } from "tcpfx/testing"
 *
 * await Effect.runPromise(Testing.framingLaws(Framing.netstring))
 *
 * // This framing forgets that a payload can contain its mark.
 * const zeroed: Framing.Framing = { ...Framing.delimited(Uint8Array.of(0)), name: "zeroed", refuses: () => undefined }
 * const error = await Effect.runPromise(Effect.flip(Testing.framingLaws(zeroed)))
 * assert.equal(error.law, "roundTrip")
 */
export const framingLaws = (
  framing: Framing.Framing,
  options: FramingLawsOptions = {},
): Effect.Effect<void, FramingLawError> => {
  const { maxFrameBytes = 4096, payload = anyPayload, samples = 100, seed = 1 } = options
  const tested = { framing, maxFrameBytes }
  const payloads = FastCheck.array(payload, { minLength: 1, maxLength: 4 })
  const sample: FastCheck.Arbitrary<Sample> = FastCheck.record({
    payloads,
    others: payloads,
    places: FastCheck.array(FastCheck.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 6 }),
    noise: anyPayload,
  })

  const broken = (law: FramingLaw, problem: string, reads: ReadonlyArray<Uint8Array>) =>
    Effect.fail(new FramingLawError({ framing: framing.name, law, problem, reads }))
  const hasSendable = Effect.suspend(() => {
    const drawn = FastCheck.sample(payload, { numRuns: samples, seed })
    const advice = "give payloads that it accepts with the option payload"
    return drawn.some((one) => isSendable(tested, one))
      ? Effect.void
      : broken("roundTrip", `it refuses all payloads of the check; ${advice}`, [])
  })
  const holds = ({ check, law }: (typeof laws)[number]) =>
    Effect.suspend(() => {
      const property = FastCheck.property(sample, (one) => check(tested, one))
      const { errorInstance, failed } = FastCheck.check(property, { numRuns: samples, seed })
      if (!failed) return Effect.void
      return errorInstance instanceof Broken
        ? broken(errorInstance.law ?? law, errorInstance.message, errorInstance.reads)
        : Effect.die(errorInstance)
    })
  const applying = laws.filter(({ needsMarks }) => !needsMarks || framing.delimited !== false)
  return Effect.zipRight(hasSendable, Effect.forEach(applying, holds, { discard: true }))
}

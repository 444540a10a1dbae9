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
 * | `splits` | The payloads, a failure and the bytes left at the end do not depend on where the reads are split. |
 * | `limits` | A payload of `maxFrame` bytes is sent and received. A longer one is refused, and its frame is reported. |
 * | `readers` | `payloads`, `cut` and `count` find the same frames in each run. |
 * | `ends` | `end` passes buffered bytes on or returns their number, and leaves nothing pending. |
 * | `garbage` | No bytes make the framing throw or give a payload above the limit, and reads do not matter for them either. |
 * | `independence` | Decoders of the framing share no state. |
 * | `memory` | A decoder writes neither to its input nor to a run or a payload that it has passed on, and `encode` neither to a payload nor to a frame that it has returned. |
 */
export type FramingLaw = "roundTrip" | "splits" | "limits" | "readers" | "ends" | "garbage" | "independence" | "memory"

/** The options of {@link framingLaws}. */
export interface FramingLawsOptions {
  /**
   * The payloads of the checks. A framing that refuses most payloads needs payloads that it accepts. Default: 0 to 40
   * bytes with any values, and often with equal ones.
   */
  readonly payload?: FastCheck.Arbitrary<Uint8Array>
  /** The limit, as the setting `maxFrame`, in bytes. It must be above the length of each payload. Default: 4096. */
  readonly maxFrameBytes?: number
  /** The number of samples for each law. Default: 100. */
  readonly samples?: number
  /** The seed of the samples. The same seed makes the same samples. Default: 1. */
  readonly seed?: number
}

/** A framing breaks a law. */
export class FramingLawError extends Data.TaggedError("FramingLawError")<{
  /** The name of the framing. */
  readonly framing: string
  readonly law: FramingLaw
  /** What is wrong with the {@link reads}. */
  readonly problem: string
  /** The shortest input that was found: the reads of a decoder, a run, or a payload. */
  readonly reads: ReadonlyArray<Uint8Array>
}> {
  override get message(): string {
    const input = this.reads.length === 0 ? "" : ` (${this.reads.map(hexOf).join(", ")})`
    return `the framing ${this.framing} breaks the law ${this.law}: ${this.problem}${input}`
  }
}

/** The laws in the order of the checks. The first law that is broken is reported, so simple laws come first. */
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
 * Fails with the law that is broken and the shortest counterexample. It needs no test runner, and no clock or socket.
 *
 * For a framing whose frames depend on the time of arrival (`delimited: false`), the laws `roundTrip`, `splits` and
 * `limits` do not apply. An endless loop in a framing makes the check endless, too: give the test a timeout.
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

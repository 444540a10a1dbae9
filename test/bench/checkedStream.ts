import * as FastCheck from "effect/FastCheck"
import { Counts } from "../../bench/load/fallback/checker.ts"
import { helloPublisher } from "../../bench/load/fallback/messages.ts"
import type { Records } from "../../bench/load/fallback/records.ts"

export const publishers = 3
/** The publisher that the reader is itself. */
export const self = 2
const others = [0, 1] as const
/** Messages that each has sent. Streams have fewer of each. */
export const sentByEach = 1_000_000

/** One thing that a subscriber is sent. */
export type Step =
  | { readonly _tag: "Next"; readonly publisher: 0 | 1; readonly count: number }
  | { readonly _tag: "PassOver"; readonly publisher: 0 | 1; readonly count: number }
  /** One of those that were passed over, or that came already. */
  | { readonly _tag: "Again"; readonly publisher: 0 | 1; readonly which: number }
  | { readonly _tag: "Corrupt"; readonly publisher: 0 | 1; readonly at: number }
  /** One that looks right, and that its publisher has not sent. */
  | { readonly _tag: "Invented"; readonly publisher: number; readonly beyond: number }
  | { readonly _tag: "Torn"; readonly length: number }
  | { readonly _tag: "Own" }
  | { readonly _tag: "Hello" }

const publisher = FastCheck.constantFrom(...others)
const number = FastCheck.nat({ max: 10_000 })

export const steps: FastCheck.Arbitrary<ReadonlyArray<Step>> = FastCheck.array(
  FastCheck.oneof(
    {
      weight: 6,
      arbitrary: FastCheck.record({
        _tag: FastCheck.constant("Next" as const),
        publisher,
        // Enough to fill blocks.
        count: FastCheck.oneof(FastCheck.integer({ min: 1, max: 5 }), FastCheck.integer({ min: 60, max: 200 })),
      }),
    },
    FastCheck.record({
      _tag: FastCheck.constant("PassOver" as const),
      publisher,
      count: FastCheck.integer({ min: 1, max: 70 }),
    }),
    {
      weight: 2,
      arbitrary: FastCheck.record({ _tag: FastCheck.constant("Again" as const), publisher, which: number }),
    },
    FastCheck.record({ _tag: FastCheck.constant("Corrupt" as const), publisher, at: number }),
    FastCheck.record({
      _tag: FastCheck.constant("Invented" as const),
      publisher: FastCheck.constantFrom(...others, self),
      beyond: number,
    }),
    FastCheck.record({ _tag: FastCheck.constant("Torn" as const), length: FastCheck.integer({ min: 1, max: 200 }) }),
    FastCheck.record({ _tag: FastCheck.constant("Own" as const) }),
    FastCheck.record({ _tag: FastCheck.constant("Hello" as const) }),
  ),
  { maxLength: 30 },
)

/** The bytes of some steps, and what is to be found in them. */
export class CheckedStream {
  readonly counts = new Counts()
  /** The messages that are right, in the order in which they come. */
  readonly messages: Array<string> = []
  private readonly records: Records
  private readonly parts: Array<Buffer> = []
  private readonly seen = others.map(() => new Set<number>())
  private readonly nexts = others.map(() => 0)
  private isOutOfStep = false

  constructor(records: Records, all: ReadonlyArray<Step>) {
    this.records = records
    for (const step of all) this.add(step)
    for (const seen of this.seen) this.counts.missing += Math.max(-1, ...seen) + 1 - seen.size
  }

  get bytes(): Buffer {
    return Buffer.concat(this.parts)
  }

  private add(step: Step): void {
    const { counts } = this
    switch (step._tag) {
      case "Next":
        for (let at = 0; at < step.count; at++) this.arrive(step.publisher, this.advance(step.publisher, 1))
        return
      case "PassOver":
        this.advance(step.publisher, step.count)
        return
      case "Again": {
        const next = this.nexts[step.publisher] ?? 0
        if (next === 0) return
        const sequence = step.which % next
        const isLast = ![...this.seenOf(step.publisher)].some((seen) => seen > sequence)
        if (this.seenOf(step.publisher).has(sequence)) {
          counts.doubled++
          this.send(step.publisher, sequence)
          return
        }
        // What was passed over is only late once something behind it has come.
        if (!isLast) counts.reordered++
        this.arrive(step.publisher, sequence)
        return
      }
      case "Corrupt": {
        const record = this.send(step.publisher, this.advance(step.publisher, 1))
        const at = this.records.received.head.length + 9 + (step.at % (this.records.messages.size - 10))
        record[at] = (record[at] ?? 0) ^ 1
        counts.corrupt++
        return
      }
      case "Invented":
        this.send(step.publisher, sentByEach + step.beyond)
        counts.corrupt++
        return
      case "Torn":
        this.tear(step.length)
        return
      case "Own":
        this.send(self, 5)
        counts.own++
        return
      case "Hello":
        this.send(helloPublisher, 0)
        return
    }
  }

  private seenOf(of: 0 | 1): Set<number> {
    return this.seen[of] ?? new Set()
  }

  private advance(of: 0 | 1, by: number): number {
    const sequence = this.nexts[of] ?? 0
    this.nexts[of] = sequence + by
    return sequence
  }

  private arrive(of: 0 | 1, sequence: number): void {
    this.seenOf(of).add(sequence)
    this.counts.received++
    this.messages.push(`${of}:${sequence}`)
    this.send(of, sequence)
  }

  private send(of: number, sequence: number): Buffer {
    const record = Buffer.alloc(this.records.received.size)
    this.records.received.write(record, 0, of, sequence)
    this.parts.push(record)
    this.isOutOfStep = false
    return record
  }

  /** A line of a wrong length; in a protocol of records, something that is none, up to the next record. */
  private tear(length: number): void {
    const isPlain = this.records.protocol === "raw"
    if (isPlain && length === this.records.messages.size) return
    this.parts.push(Buffer.from(`${"x".repeat(length - 1)}\n`))
    if (isPlain || !this.isOutOfStep) this.counts.torn++
    this.isOutOfStep = true
  }
}

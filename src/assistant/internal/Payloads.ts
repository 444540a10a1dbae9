import * as Effect from "effect/Effect"
import type * as Either from "effect/Either"
import * as Assistant from "../../domain/assistant/index.ts"
import { loadEncoding } from "../encodings.ts"

/** A payload with its encoding and its file loaded. */
export interface PreparedPayload {
  readonly spec: Assistant.PayloadSpec
  /** The encoding that the payload names. `undefined` means the encoding of its recipient. */
  readonly coder: Assistant.TextCoder | undefined
  readonly file: Uint8Array | undefined
  /** Whether the bytes differ from client to client. */
  readonly isOfClient: boolean
  /** The number of bytes at the front of a matched frame that the payload can use. */
  readonly frameBytes: number
}

/** The recipient of a payload. */
export interface PayloadTarget {
  readonly coder: Assistant.TextCoder
  readonly client?: Assistant.VariableValues["client"]
  readonly captures?: ReadonlyArray<string> | undefined
  /** The frame that a rule has matched. */
  readonly frame?: Uint8Array | undefined
}

/**
 * Makes the bytes of payloads. It loads encodings and files first, and replaces variables by their values for each
 * send.
 */
export class Payloads {
  /** The number of sends so far. */
  private sendings = 0
  private readonly now: () => number
  private readonly randomDigit: () => number
  private readonly readFile: (path: string) => Effect.Effect<Uint8Array, Assistant.Refusal>

  private constructor(parts: {
    readonly now: () => number
    readonly randomDigit: () => number
    readonly readFile: (path: string) => Effect.Effect<Uint8Array, Assistant.Refusal>
  }) {
    this.now = parts.now
    this.randomDigit = parts.randomDigit
    this.readFile = parts.readFile
  }

  /** Uses the clock and the random generator of the current fiber. */
  static readonly make = (
    readFile: (path: string) => Effect.Effect<Uint8Array, Assistant.Refusal>,
  ): Effect.Effect<Payloads> =>
    Effect.zipWith(Effect.clock, Effect.random, (clock, random) => {
      const digit = random.nextIntBetween(0, 16)
      return new Payloads({
        now: () => clock.unsafeCurrentTimeMillis(),
        randomDigit: () => Effect.runSync(digit),
        readFile,
      })
    })

  /** Refuses a payload that can never be sent, such as `hex 0`. The file of a payload may still be missing. */
  check(spec: Assistant.PayloadSpec): Effect.Effect<void, Assistant.Refusal> {
    return Effect.asVoid(this.checked(spec))
  }

  /** Checks a payload and loads its encoding and its file. */
  prepare(spec: Assistant.PayloadSpec): Effect.Effect<PreparedPayload, Assistant.Refusal> {
    return Effect.gen(this, function* () {
      return {
        spec,
        coder: yield* this.checked(spec),
        file: spec.form === "file" ? yield* this.readFile(spec.content) : undefined,
        isOfClient: Assistant.variablesIn(spec).some((name) => name.startsWith("client.")),
        frameBytes: Assistant.frameBytesIn(spec),
      }
    })
  }

  /** Checks a payload and loads the encoding that it names. */
  private checked({ encoding, ...rest }: Assistant.PayloadSpec) {
    return Effect.zipRight(
      Effect.suspend(() => Assistant.checkPayload(rest)),
      encoding === undefined || encoding === "" ? Effect.succeed(undefined) : loadEncoding(encoding),
    )
  }

  /** Counts a send and returns its number, for `${counter}`. */
  nextSending(): number {
    this.sendings++
    return this.sendings
  }

  /**
   * The bytes of a payload. `sending` is the number of the send. Default: the number of the next send, for a preview.
   */
  bytes(
    payload: PreparedPayload,
    target: PayloadTarget,
    sending: number = this.sendings + 1,
  ): Either.Either<Uint8Array, Assistant.Refusal> {
    const values: Assistant.VariableValues = {
      now: this.now(),
      counter: sending,
      randomDigit: this.randomDigit,
      client: target.client,
      captures: target.captures,
      frame: target.frame,
    }
    return Assistant.makePayload(payload.spec, {
      coder: payload.coder ?? target.coder,
      variable: (name, argument) => Assistant.variableValue(values, name, argument),
      file: payload.file,
    })
  }
}

import * as Either from "effect/Either"
import * as Assistant from "../../domain/assistant/index.ts"
import { parseEscapes } from "../../domain/index.ts"

const marks: Readonly<Record<Assistant.LineEnding, Uint8Array>> = {
  none: Uint8Array.of(),
  lf: Uint8Array.of(0x0a),
  crlf: Uint8Array.of(0x0d, 0x0a),
  cr: Uint8Array.of(0x0d),
}

type Made = Either.Either<Uint8Array, Pick<Assistant.Refusal, "advice" | "message">>

/** The form of the payloads that a command sends: written in hex or as text, with a line end, with a checksum. */
export class PayloadForm {
  /** Whether texts and lines are bytes in hex. */
  readonly hex: boolean
  /** The line end behind each text and line. `undefined` if no flag asks for it. */
  readonly ending: Assistant.LineEnding | undefined
  readonly checksum: Assistant.ChecksumSpec | undefined

  constructor(form: {
    readonly hex: boolean
    readonly ending: Assistant.LineEnding | undefined
    readonly checksum: Assistant.ChecksumSpec | undefined
  }) {
    this.hex = form.hex
    this.ending = form.ending
    this.checksum = form.checksum
  }

  /** Whether each line of standard input must be a payload of its own, also in raw framing. */
  get needsLines(): boolean {
    return this.hex || this.checksum !== undefined
  }

  /** Whether standard input is sent unchanged. */
  get isPlain(): boolean {
    return !this.needsLines && this.ending === undefined
  }

  /** Makes the payload of a text with escapes, or of a text in hex. */
  ofText(text: string): Made {
    return this.hex ? this.ofHex(text) : Either.flatMap(parseEscapes(text), (bytes) => this.complete(bytes))
  }

  /** The payload of a text as the assistant keeps it. The text is valid for {@link ofText}. */
  specOf(text: string): Assistant.PayloadSpec {
    const { checksum, ending, hex } = this
    const shaped = checksum === undefined ? {} : { checksum }
    if (hex) return { form: "hex", content: text, ...shaped }
    // In a text of a flag, `${` has no meaning.
    const content = text.replaceAll("${", "\\x24{")
    return { form: "text", content, ...(ending === undefined ? {} : { ending }), ...shaped }
  }

  /** Makes the payload of a line of standard input, which comes without its line end. */
  ofLine(line: Uint8Array): Made {
    return this.hex ? this.ofHex(new TextDecoder().decode(line)) : this.complete(line)
  }

  private ofHex(text: string): Made {
    return Either.flatMap(Assistant.readHex(text), (bytes) => this.withChecksum(bytes))
  }

  private complete(bytes: Uint8Array): Made {
    const mark = marks[this.ending ?? "none"]
    const isEnded = endsWith(bytes, mark) || endsWith(bytes, marks.crlf)
    return this.withChecksum(isEnded ? bytes : Buffer.concat([bytes, mark]))
  }

  private withChecksum(bytes: Uint8Array): Made {
    return this.checksum === undefined ? Either.right(bytes) : Assistant.applyChecksum(bytes, this.checksum)
  }
}

const endsWith = (bytes: Uint8Array, mark: Uint8Array): boolean =>
  bytes.length >= mark.length && mark.every((byte, index) => bytes[bytes.length - mark.length + index] === byte)

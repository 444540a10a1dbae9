import * as Either from "effect/Either"
import * as Assistant from "../../domain/assistant/index.ts"
import { encodeEscapes, encodeText } from "./encodeText.ts"

const marks: Readonly<Record<Assistant.LineEnding, string>> = { none: "", lf: "\n", crlf: "\r\n", cr: "\r" }

type Made = Either.Either<Uint8Array, Pick<Assistant.Refusal, "advice" | "message">>

/** The form of the payloads that a command sends: written in hex or as text, with a line end, with a checksum. */
export class PayloadForm {
  /** Whether texts and lines are bytes in hex. */
  readonly hex: boolean
  /** The line end after each text and line; `undefined` if no flag requests one. */
  readonly ending: Assistant.LineEnding | undefined
  readonly checksum: Assistant.ChecksumSpec | undefined
  /** The encoding of texts and lines. Command lines and standard input are in UTF-8. */
  readonly coder: Assistant.TextCoder

  constructor(form: {
    readonly hex: boolean
    readonly ending: Assistant.LineEnding | undefined
    readonly checksum: Assistant.ChecksumSpec | undefined
    readonly coder: Assistant.TextCoder
  }) {
    this.hex = form.hex
    this.ending = form.ending
    this.checksum = form.checksum
    this.coder = form.coder
  }

  /** Whether each line of standard input must be a payload of its own, also in raw framing. */
  get needsLines(): boolean {
    return this.hex || this.checksum !== undefined
  }

  /** Whether standard input is sent unchanged. */
  get isPlain(): boolean {
    return !this.needsLines && this.ending === undefined && this.isUtf8
  }

  /** Whether texts keep the encoding of command lines and standard input. */
  get isUtf8(): boolean {
    return this.coder.name === Assistant.utf8Coder.name
  }

  /** Makes the payload of a text with escapes, or of a text in hex. */
  ofText(text: string): Made {
    return this.hex
      ? this.ofHex(text)
      : Either.flatMap(encodeEscapes(text, this.coder), (bytes) => this.complete(bytes))
  }

  /** The payload of a text as the assistant keeps it. The text is valid for {@link ofText}. */
  specOf(text: string): Assistant.PayloadSpec {
    const { checksum, ending, hex } = this
    const shaped = checksum === undefined ? {} : { checksum }
    if (hex) return { form: "hex", content: text, ...shaped }
    // In the text of a flag, `${` does not begin a variable.
    const content = text.replaceAll("${", "\\u{24}{")
    const encoded = this.isUtf8 ? {} : { encoding: this.coder.name }
    return { form: "text", content, ...(ending === undefined ? {} : { ending }), ...encoded, ...shaped }
  }

  /** Makes the payload of a line of standard input. `line` has no line end. */
  ofLine(line: Uint8Array): Made {
    if (this.hex) return this.ofHex(new TextDecoder().decode(line))
    if (this.isUtf8) return this.complete(line)
    return Either.flatMap(encodeText(new TextDecoder("utf-8", { ignoreBOM: true }).decode(line), this.coder), (bytes) =>
      this.complete(bytes),
    )
  }

  private ofHex(text: string): Made {
    return Either.flatMap(Assistant.readHex(text), (bytes) => this.withChecksum(bytes))
  }

  private complete(bytes: Uint8Array): Made {
    const mark = this.markOf(this.ending ?? "none")
    const isEnded = endsWith(bytes, mark) || endsWith(bytes, this.markOf("crlf"))
    return this.withChecksum(isEnded ? bytes : Buffer.concat([bytes, mark]))
  }

  private markOf(ending: Assistant.LineEnding): Uint8Array {
    // Every encoding has CR and LF.
    return Either.getOrElse(this.coder.encode(marks[ending]), () => new Uint8Array(0))
  }

  private withChecksum(bytes: Uint8Array): Made {
    return this.checksum === undefined ? Either.right(bytes) : Assistant.applyChecksum(bytes, this.checksum)
  }
}

const endsWith = (bytes: Uint8Array, mark: Uint8Array): boolean =>
  bytes.length >= mark.length && mark.every((byte, index) => bytes[bytes.length - mark.length + index] === byte)

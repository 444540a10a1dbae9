import type { ChecksumSpec, LineEnding } from "../../domain/assistant/index.ts"
import type { Framing } from "../../domain/index.ts"
import type { PayloadForm } from "../input/PayloadForm.ts"

/** The form of typed lines when a console starts. */
export interface TypedForm {
  /** The line ending that a flag or `/eol` has set. */
  readonly ending: LineEnding | undefined
  /** Whether the framing adds a line ending or a length, so that a text needs no line ending by default. */
  readonly isFramed: boolean
  readonly checksum: ChecksumSpec | undefined
  /** Whether a typed line is bytes in hex. */
  readonly isHex: boolean
}

/** The form of typed lines from the flags of the command. */
export const typedForm = ({ checksum, ending, hex }: PayloadForm, frame: Framing.Framing): TypedForm => ({
  ending,
  isFramed: frame.delimited !== false,
  checksum,
  isHex: hex,
})

/**
 * The line ending of typed texts. In raw framing, it is LF by default. A payload with a checksum gets no line ending by
 * default, because a protocol with a checksum does not end its frames with LF. `undefined`: the framing decides.
 */
export const typedEnding = ({ checksum, ending, isFramed }: TypedForm): LineEnding | undefined =>
  ending ?? (isFramed ? undefined : checksum === undefined ? "lf" : "none")

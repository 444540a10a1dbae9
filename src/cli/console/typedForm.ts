import type { ChecksumSpec, LineEnding } from "../../domain/assistant/index.ts"
import type { Framing } from "../../domain/index.ts"
import type { PayloadForm } from "../input/PayloadForm.ts"

/** The form of typed lines when a console starts. */
export interface TypedForm {
  /** The line ending of texts. `undefined` if the framing adds one. */
  readonly ending: LineEnding | undefined
  readonly checksum: ChecksumSpec | undefined
  /** Whether a typed line is bytes in hex. */
  readonly isHex: boolean
}

/**
 * The form of typed lines from the flags of the command. In raw framing, a text gets LF by default. A payload with a
 * checksum gets no line end by default, because a protocol with a checksum does not end its frames with LF.
 */
export const typedForm = ({ checksum, ending, hex }: PayloadForm, frame: Framing.Framing): TypedForm => ({
  ending: ending ?? (frame.delimited === false ? (checksum === undefined ? "lf" : "none") : undefined),
  checksum,
  isHex: hex,
})

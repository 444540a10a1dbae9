import type { MessageLog } from "../process/MessageLog.ts"
import type { EventTest } from "./frameFilter.ts"
import type { RowWriters } from "./RowWriter.ts"
import type { Stamps } from "./Stamps.ts"
import type { Palette } from "./theme.ts"

/** The options of text output. */
export interface TextOptions {
  /** The colours of standard output. */
  readonly data: Palette
  /** The colours of standard error. */
  readonly talk: Palette
  /** The choice and the form of the messages on standard error. Default: all but details, as text. */
  readonly log?: MessageLog
  readonly stamps: Stamps
  /** Whether each frame is complete text, so that no character continues in the next frame. */
  readonly whole: boolean
  readonly writers: RowWriters
  /** The test for data that is shown; `undefined` if all data is shown. */
  readonly admits: EventTest | undefined
}

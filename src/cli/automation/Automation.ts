import type { PayloadSpec, Rule } from "../../domain/assistant/index.ts"

/** A payload from a flag. */
export interface Sending {
  /** The flag with its value, for messages. */
  readonly flag: string
  readonly payload: PayloadSpec
  /** The recipients of a macro, in their written form. `undefined` means every client. */
  readonly to: string | undefined
}

/** The actions of a command without its user: rules, and payloads to send. */
export interface Automation {
  /** The rules, in the order in which they are tested. */
  readonly rules: ReadonlyArray<Rule>
  /** The payloads of `--send` and `--macro`. */
  readonly sendings: ReadonlyArray<Sending>
  /** The time between two sends, in milliseconds; `undefined` if each payload is sent once. */
  readonly interval: number | undefined
}

export const noAutomation: Automation = { rules: [], sendings: [], interval: undefined }

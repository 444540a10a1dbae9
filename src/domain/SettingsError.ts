import * as Data from "effect/Data"
import { escapeControls } from "./escapes.ts"

/** A setting has a value that it cannot have. Nothing was started with it. */
export class SettingsError extends Data.TaggedError("SettingsError")<{
  /** The field, such as `maxFrame`, or `heartbeat.interval` within another one. */
  readonly field: string
  /** The value, as it is shown. */
  readonly value: string
  /** What the field takes. */
  readonly expected: string
}> {
  override get message(): string {
    return escapeControls(`the setting ${this.field} cannot be ${this.value}; it takes ${this.expected}`)
  }
}

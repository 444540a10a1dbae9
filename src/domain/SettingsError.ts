import * as Data from "effect/Data"
import { escapeControls } from "./escapes.ts"

/** A setting has an invalid value. Nothing was started. */
export class SettingsError extends Data.TaggedError("SettingsError")<{
  /** The field, such as `maxFrame`, or `heartbeat.interval` for a nested one. */
  readonly field: string
  /** The value as text. */
  readonly value: string
  /** A description of the valid values. */
  readonly expected: string
}> {
  override get message(): string {
    return escapeControls(`the setting ${this.field} cannot be ${this.value}; it takes ${this.expected}`)
  }
}

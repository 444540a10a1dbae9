import * as Schema from "effect/Schema"
import { unchecked } from "./errorOptions.ts"
import { escapeControls } from "./escapes.ts"

const settingsFields = {
  /** The field, such as `maxFrame`, or `heartbeat.interval` for a nested one. */
  field: Schema.String,
  /** The value as text. */
  value: Schema.String,
  /** A description of the valid values. */
  expected: Schema.String,
}

/** A setting has an invalid value. Nothing was started. */
export class SettingsError extends Schema.TaggedError<SettingsError>("tcpfx/domain/SettingsError")(
  "SettingsError",
  settingsFields,
) {
  constructor(fields: Schema.Struct.Constructor<typeof settingsFields>) {
    super(fields, unchecked)
  }

  override get message(): string {
    return escapeControls(`the setting ${this.field} cannot be ${this.value}; it takes ${this.expected}`)
  }
}

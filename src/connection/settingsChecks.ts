import * as Either from "effect/Either"
import { settings as check, Framing, InvalidPayloadError, SettingsError } from "../domain/index.ts"
import type { Heartbeat } from "./Heartbeat.ts"

/** The settings that servers and clients share. */
interface CommonSettings {
  readonly frame: Framing.Framing
  readonly maxFrame: number
  readonly heartbeat: Heartbeat | undefined
}

/** The payload of one frame. */
export const payload: check.SettingCheck = {
  expected: "bytes (Uint8Array)",
  accepts: (value) => value instanceof Uint8Array,
}

/** The checks of the settings that servers and clients share. */
export const commonChecks = {
  frame: check.framing,
  maxFrame: check.limitOf("bytes"),
  inbox: check.limitOf("bytes", 0),
  outbox: check.limitOf("bytes", 0),
  closeDeadline: check.anyTime,
  family: check.oneOfThese(["any", "ipv4", "ipv6"]),
  keepalive: check.keepaliveTime,
  idleTimeout: check.deadline,
  writeTimeout: check.deadline,
  heartbeat: check.optional(
    check.fieldsOf<Heartbeat>(
      { payload, interval: check.deadline, timeout: check.deadline },
      "a payload, an interval and a timeout",
    ),
  ),
} satisfies Record<string, check.SettingCheck>

/** Refuses a heartbeat that a peer cannot distinguish from data, or that the framing cannot carry as one frame. */
export const checkHeartbeat = <S extends CommonSettings>(settings: S): Either.Either<S, SettingsError> => {
  const { frame, heartbeat, maxFrame } = settings
  if (heartbeat === undefined) return Either.right(settings)
  if (frame.delimited === false) {
    return Either.left(
      new SettingsError({
        field: "heartbeat",
        value: `sent with ${frame.name} frames`,
        expected:
          "a framing that marks where frames end, such as frame: Framing.line, as a peer cannot tell it from data",
      }),
    )
  }
  const encoded = Framing.encodeFrame(frame, heartbeat.payload, maxFrame)
  if (!(encoded instanceof InvalidPayloadError)) return Either.right(settings)
  const { problem } = encoded
  return Either.left(
    new SettingsError({
      field: "heartbeat.payload",
      value: `these bytes: ${problem}`,
      expected: `a payload that ${frame.name} frames can carry`,
    }),
  )
}

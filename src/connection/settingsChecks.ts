import * as Either from "effect/Either"
import { settings as check, Framing, InvalidPayloadError, SettingsError } from "../domain/index.ts"
import type { CheckedHeartbeat, Heartbeat } from "./Heartbeat.ts"

/** The settings that servers and clients share. */
interface CommonSettings {
  readonly frame: Framing.Framing
  readonly maxFrame: number
  readonly heartbeat: Heartbeat | undefined
}

/** Settings whose heartbeat has checked durations. */
export type WithHeartbeat<S> = Omit<S, "heartbeat"> & { readonly heartbeat: CheckedHeartbeat | undefined }

/** The payload of one frame. */
export const payload: check.SettingCheck = {
  expected: "bytes (Uint8Array)",
  accepts: (value) => value instanceof Uint8Array,
}

const heartbeatChecks: check.SettingChecks<Heartbeat> = {
  payload,
  interval: check.deadline,
  timeout: check.deadline,
}

/** The checks of the settings that servers and clients share. */
export const commonChecks = {
  frame: check.framing,
  maxFrame: check.limitOf("bytes"),
  inbox: check.limitOf("bytes", 0),
  outbox: check.limitOf("bytes", 0),
  closeDeadline: check.anyTime,
  family: check.oneOfThese(["any", "ipv4", "ipv6"]),
  keepalive: check.keepalive,
  idleTimeout: check.deadline,
  writeTimeout: check.deadline,
  heartbeat: check.optional(check.fieldsOf(heartbeatChecks, "a payload, an interval and a timeout")),
} satisfies Record<string, check.SettingCheck>

/**
 * Decodes the durations of a heartbeat. Refuses a heartbeat that the framing cannot carry as one frame.
 */
export const checkHeartbeat = <S extends CommonSettings>(
  settings: S,
): Either.Either<WithHeartbeat<S>, SettingsError> => {
  const { heartbeat } = settings
  if (heartbeat === undefined) return Either.right({ ...settings, heartbeat })
  return Either.flatMap(checkPayload("heartbeat.payload", heartbeat.payload, settings), () =>
    Either.map(check.checkSettings(heartbeat, heartbeatChecks), (checked) => ({ ...settings, heartbeat: checked })),
  )
}

/** Refuses a payload in the settings that the framing cannot carry as one frame. */
export const checkPayload = (
  field: string,
  payload: Uint8Array,
  { frame, maxFrame }: Pick<CommonSettings, "frame" | "maxFrame">,
): Either.Either<void, SettingsError> => {
  const encoded = Framing.encodeFrame(frame, payload, maxFrame)
  if (!(encoded instanceof InvalidPayloadError)) return Either.void
  const expected = `a payload that ${frame.name} frames can carry`
  return Either.left(new SettingsError({ field, value: `these bytes: ${encoded.problem}`, expected }))
}

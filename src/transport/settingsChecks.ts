import * as Either from "effect/Either"
import { settings as check, Framing, SettingsError } from "../domain/index.ts"
import type { Heartbeat } from "./Heartbeat.ts"

/** What servers and clients have in common. */
interface CommonSettings {
  readonly frame: Framing.Framing
  readonly heartbeat: Heartbeat | undefined
}

const payload: check.SettingCheck = {
  expected: "bytes (Uint8Array)",
  accepts: (value) => value instanceof Uint8Array,
}

/** The checks of the settings that servers and clients have in common. */
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

/** Refuses a heartbeat that a peer could not tell from data. */
export const checkHeartbeat = <S extends CommonSettings>(settings: S): Either.Either<S, SettingsError> =>
  settings.heartbeat !== undefined && settings.frame === Framing.raw
    ? Either.left(
        new SettingsError({
          field: "heartbeat",
          value: "sent with raw frames",
          expected:
            "a framing that marks where frames end, such as frame: Framing.line, as a peer cannot tell it from data",
        }),
      )
    : Either.right(settings)

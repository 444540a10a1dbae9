import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { type CheckedClientSettings, ClientConfig } from "../../client/index.ts"
import type { AddressFamily } from "../../domain/index.ts"
import { deadlineSettings } from "../flags/deadlineFlags.ts"
import { familyFrom } from "../flags/familyFlags.ts"
import { environmentError } from "../flags/given.ts"
import { routeSettings } from "../flags/routeFlags.ts"
import { checkFrameSize } from "../flags/sharedFlags.ts"
import { telnetOf } from "../flags/telnetFlags.ts"
import type { ConnectOptions } from "./connect.ts"

const settingsOf = (options: ConnectOptions, family: AddressFamily): CheckedClientSettings => {
  const frame = Option.getOrElse(options.frame, () => ClientConfig.defaults.frame)
  return {
    ...ClientConfig.defaults,
    family,
    // The client sends standard input even after the server's FIN. `converse` decides when the conversation ends.
    halfClosed: "keep",
    frame,
    maxFrame: Option.getOrElse(options.maxFrame, () => ClientConfig.defaults.maxFrame),
    // Each payload waits until the kernel has accepted the previous one. A lost connection then cuts off at most one
    // payload, and the memory of raw input can be reused. Raw payloads are large, so the wait costs no speed. With
    // --send-only the command ends when the kernel has accepted everything.
    ...(options.reconnect || options.sendOnly || frame.delimited === false ? { outbox: 0 } : {}),
    connectTimeout: Option.getOrElse(options.timeout, () => ClientConfig.defaults.connectTimeout),
    wait: Option.getOrElse(options.wait, () => ClientConfig.defaults.wait),
  }
}

/** The settings of `tcpfx connect`, without TLS and the first payloads. */
export const connectSettings = (options: ConnectOptions) =>
  Effect.gen(function* () {
    const family = Option.getOrElse(yield* familyFrom(options), () => ClientConfig.defaults.family)
    const settings: CheckedClientSettings = {
      ...settingsOf(options, family),
      ...(yield* Effect.mapError(routeSettings(options), environmentError)),
      telnet: yield* Effect.mapError(telnetOf(options), environmentError),
      ...(yield* Effect.mapError(Effect.all(deadlineSettings(options)), environmentError)),
    }
    yield* checkFrameSize(settings)
    return settings
  })

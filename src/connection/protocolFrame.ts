import * as Either from "effect/Either"
import { type Framing, SettingsError } from "../domain/index.ts"
import type { ProtocolFraming } from "./ProtocolSide.ts"

/** Framings with the same name cut the same frames, such as one from code and one from an environment variable. */
const isSame = (one: Framing.Framing, other: Framing.Framing): boolean => one === other || one.name === other.name

/**
 * The framing of a protocol. Fails if `given` is another framing. `field` is the setting that has the given framing.
 * `owner` is a part of the message: "the settings have" or "the hub has".
 */
export const protocolFrame = (
  { framing, name }: ProtocolFraming,
  given: Framing.Framing | undefined,
  field: string,
  owner: string,
): Either.Either<Framing.Framing, SettingsError> =>
  given === undefined || isSame(given, framing)
    ? Either.right(framing)
    : Either.left(
        new SettingsError({
          field,
          value: `${given.name}: ${owner} ${given.name} frames, but the protocol ${name} has ${framing.name} frames`,
          expected: `the framing of the protocol, ${framing.name}`,
        }),
      )

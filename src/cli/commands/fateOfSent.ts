import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Connection } from "../../connection/index.ts"
import { unacknowledged } from "./unacknowledged.ts"

// How long taking and acknowledging what was sent last may take, and how often its acknowledgement is looked for.
const patience = Duration.seconds(1)
const lookInterval = Duration.millis(20)

/**
 * What has become of everything sent to a server that has ended its side: the server has read it, the system has taken
 * it, or some of it was cut off.
 *
 * A system resets a connection whose program ends without having read everything (RFC 1122, 4.2.2.13), and acknowledges
 * nothing that comes later. So a FIN, with everything acknowledged, proves that everything was read.
 */
export const fateOfSent = ({
  drained,
  local,
  remote,
}: Pick<Connection, "drained" | "local" | "remote">): Effect.Effect<"read" | "sent" | "cut off"> =>
  Effect.gen(function* () {
    if (Option.isNone(yield* Effect.timeoutOption(drained, patience))) return "cut off"
    if (remote._tag === "Unix") return "read"
    const settled: Effect.Effect<number | undefined> = Effect.suspend(() => {
      const bytes = unacknowledged(local, remote)
      const isSettled = bytes === undefined || bytes === 0
      return isSettled ? Effect.succeed(bytes) : Effect.zipRight(Effect.sleep(lookInterval), settled)
    })
    const bytes = yield* Effect.timeoutOption(settled, patience)
    return Option.getOrUndefined(bytes) === 0 ? "read" : "sent"
  }).pipe(Effect.catchAll(() => Effect.succeed("cut off" as const)))

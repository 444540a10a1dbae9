import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Connection } from "../../connection/index.ts"
import { unacknowledged } from "./unacknowledged.ts"

// The time that the kernel has to accept the last bytes, which is also the time that the peer has to acknowledge them,
// and the time between two polls of the acknowledgement.
const patience = Duration.seconds(1)
const lookInterval = Duration.millis(20)

/**
 * The fate of the bytes sent to a server that has sent FIN: the server has read all of them (`read`), the kernel has
 * accepted all of them (`sent`), or some of them were cut off.
 *
 * If a program closes with unread data, its system resets the connection (RFC 1122, 4.2.2.13) and acknowledges no later
 * data. So a FIN together with an acknowledgement of every byte proves that the server has read everything.
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

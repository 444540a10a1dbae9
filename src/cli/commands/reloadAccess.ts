import * as Effect from "effect/Effect"
import type { ServerService } from "../../server/index.ts"
import { type AccessFallback, type AccessOptions, accessRules } from "../files/accessRules.ts"
import { type CommandFailed, usageError } from "../process/exit.ts"
import type { Stdio } from "../process/stdio.ts"
import { tell } from "../process/tell.ts"

/**
 * Reads the access rules again. If a file cannot be read, the old rules stay: a typing error must neither end the
 * server nor open it to everybody.
 */
export const reloadAccess = (
  server: ServerService,
  options: AccessOptions,
  fallback: AccessFallback,
): Effect.Effect<void, CommandFailed, Stdio> =>
  Effect.gen(function* () {
    const rules = yield* Effect.mapError(accessRules(options, fallback), ({ message }) =>
      usageError(`${message}; the access rules stay as they were`),
    )
    yield* Effect.mapError(server.reload(rules), ({ message }) => usageError(message))
    yield* tell(`read the access rules again: ${rules.allow.size} allowed, ${rules.deny.size} denied`)
  })

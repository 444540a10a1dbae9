import * as Effect from "effect/Effect"
import type { ClientSettings } from "../../client/index.ts"
import type { Endpoint } from "../../domain/index.ts"
import { checkZone } from "../flags/zones.ts"
import { usageError } from "../process/exit.ts"

/** Refuses a text of `--send` above the longest frame. */
export const checkTexts = (texts: ReadonlyArray<Uint8Array>, { frame, maxFrame }: ClientSettings) => {
  if (frame.delimited === false) return Effect.void
  const longest = Math.max(0, ...texts.map((text) => text.length))
  return longest > maxFrame
    ? usageError(`--send: a text of ${longest} bytes is above --max-frame (${maxFrame} bytes)`)
    : Effect.void
}

/**
 * Refuses link-local addresses with a missing or unknown zone. Refuses a zone in the endpoint behind a proxy, because
 * the zone names an interface of this machine.
 */
export const checkHops = (endpoint: Endpoint, { proxy, source }: ClientSettings) =>
  Effect.gen(function* () {
    if (source !== undefined) yield* checkZone(source)
    if (endpoint._tag === "Unix") return
    if (proxy === undefined) return yield* checkZone(endpoint.host)
    yield* checkZone(proxy.endpoint.host)
    if (!endpoint.host.includes("%")) return
    return yield* usageError(
      `--proxy: leave the zone out of ${endpoint.host}: it names an interface of this machine, not of the proxy`,
    )
  })

import * as Effect from "effect/Effect"
import { isLinkLocal, type ListenEndpoint, withoutZone } from "../../domain/index.ts"
import { interfaceAddresses } from "../../transport/index.ts"
import { type CommandFailed, usageError } from "../process/exit.ts"

/**
 * Refuses a link-local address without the zone that says by which interface it is meant (RFC 4007), and a zone that is
 * no interface of this machine. The system only says EINVAL.
 */
export const checkZone = (host: string): Effect.Effect<void, CommandFailed> =>
  Effect.gen(function* () {
    const address = withoutZone(host)
    const zone = host.slice(address.length + 1)
    // A zone may be the number of an interface too.
    if (zone === "" ? !isLinkLocal(host) : /^[0-9]+$/.test(zone)) return
    const addresses = yield* interfaceAddresses
    const names = new Set(addresses.map(({ name }) => name))
    if (names.has(zone)) return
    const linkLocal = addresses.flatMap((entry) => (isLinkLocal(entry.address) ? [entry.name] : []))
    const named = linkLocal.length > 0 ? linkLocal : [...names]
    const example = `${address}%${named[0] ?? "eth0"}`
    const problem =
      zone === ""
        ? `${host} is a link-local address without a zone; name the interface behind it, such as ${example}`
        : `${host}: no interface ${JSON.stringify(zone)} is up here; expected one that is, such as ${example}`
    return yield* usageError(`${problem} (interfaces with link-local addresses: ${named.join(", ")})`)
  })

/** The same for everything that is listened on. */
export const checkZones = (endpoints: ReadonlyArray<ListenEndpoint>): Effect.Effect<void, CommandFailed> =>
  Effect.forEach(endpoints, (endpoint) => (endpoint._tag === "Tcp" ? checkZone(endpoint.host) : Effect.void), {
    discard: true,
  })

import * as Effect from "effect/Effect"
import { isLinkLocal, type ListenEndpoint, withoutZone } from "../../domain/index.ts"
import { interfaceAddresses } from "../../transport/index.ts"
import { type CommandFailed, usageError } from "../process/exit.ts"

/**
 * Refuses a link-local address without a zone, which names its interface (RFC 4007), and a zone that is not an
 * interface of this machine. The system would report only EINVAL.
 */
export const checkZone = (host: string): Effect.Effect<void, CommandFailed> =>
  Effect.gen(function* () {
    const address = withoutZone(host)
    const zone = host.slice(address.length + 1)
    // A zone may also be the number of an interface.
    if (zone === "" ? !isLinkLocal(host) : /^[0-9]+$/.test(zone)) return
    const addresses = yield* interfaceAddresses
    const names = new Set(addresses.map(({ name }) => name))
    if (names.has(zone)) return
    const linkLocal = addresses.flatMap((entry) => (isLinkLocal(entry.address) ? [entry.name] : []))
    const named = linkLocal.length > 0 ? linkLocal : [...names]
    const example = `${address}%${named[0] ?? "eth0"}`
    const problem =
      zone === ""
        ? `${host} is a link-local address without a zone; add the interface, such as ${example}`
        : `${host}: this machine has no active interface ${JSON.stringify(zone)}; expected an active one, such as ${example}`
    return yield* usageError(`${problem} (interfaces with link-local addresses: ${named.join(", ")})`)
  })

/** Applies {@link checkZone} to each endpoint that the server listens on. */
export const checkZones = (endpoints: ReadonlyArray<ListenEndpoint>): Effect.Effect<void, CommandFailed> =>
  Effect.forEach(endpoints, (endpoint) => (endpoint._tag === "Tcp" ? checkZone(endpoint.host) : Effect.void), {
    discard: true,
  })

import { networkInterfaces } from "node:os"
import * as Effect from "effect/Effect"

/** An address of this machine that a server can listen on. */
export interface InterfaceAddress {
  /** The interface, such as `eth0`. */
  readonly name: string
  readonly family: "IPv4" | "IPv6"
  /** The address in the form that `listen` takes. A link-local IPv6 address has its interface (`fe80::1%eth0`). */
  readonly address: string
  /** Whether only programs on this machine can reach the address. */
  readonly loopback: boolean
}

/** The addresses that a server can listen on: IPv4 before IPv6, and in each family loopback first. */
export const interfaceAddresses: Effect.Effect<ReadonlyArray<InterfaceAddress>> = Effect.sync(() =>
  Object.entries(networkInterfaces())
    .flatMap(([name, addresses]) =>
      (addresses ?? []).map(
        (entry): InterfaceAddress => ({
          name,
          family: entry.family,
          address: entry.family === "IPv6" && entry.scopeid ? `${entry.address}%${name}` : entry.address,
          loopback: entry.internal,
        }),
      ),
    )
    .sort((a, b) => a.family.localeCompare(b.family) || Number(b.loopback) - Number(a.loopback)),
)

import { networkInterfaces } from "node:os"
import * as Effect from "effect/Effect"

/** An address of this machine that could be listened on. */
export interface InterfaceAddress {
  /** The interface, such as `eth0`; `*` for all of a family. */
  readonly name: string
  readonly family: "IPv4" | "IPv6"
  /** As it is given to `listen`; a link-local IPv6 address carries its interface (`fe80::1%eth0`). */
  readonly address: string
  /** Whether only this machine can reach it. */
  readonly loopback: boolean
}

/** The addresses that could be listened on: IPv4 first, then IPv6; loopback before the others. */
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

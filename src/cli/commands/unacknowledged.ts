import * as fs from "node:fs"
import type { Endpoint } from "../../domain/index.ts"

/**
 * How many bytes of a TCP connection the peer's system has not acknowledged. Unknown where the system does not list the
 * connection: it was reset, it goes by way of a proxy, or the system is not Linux (proc(5), /proc/net/tcp).
 */
export const unacknowledged = (local: Endpoint, remote: Endpoint): number | undefined => {
  if (local._tag !== "Tcp" || remote._tag !== "Tcp") return undefined
  const rows = ["tcp", "tcp6"].flatMap(rowsOf).filter(([, from, to]) => {
    return portOf(from) === local.port && portOf(to) === remote.port
  })
  const [row] = rows
  // Two connections between the same ports have different addresses.
  if (row === undefined || rows.length > 1) return undefined
  return Number.parseInt(row[4] ?? "", 16)
}

// sl local_address rem_address st tx_queue:rx_queue ...; an address is ADDRESS:PORT, and all figures are hexadecimal.
const rowsOf = (table: string): ReadonlyArray<ReadonlyArray<string>> => {
  try {
    const lines = fs.readFileSync(`/proc/net/${table}`, "utf8").trimEnd().split("\n").slice(1)
    return lines.map((line) => line.trim().split(/\s+/))
  } catch {
    return []
  }
}

const portOf = (address = ""): number => Number.parseInt(address.slice(address.lastIndexOf(":") + 1), 16)

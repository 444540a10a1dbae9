import * as fs from "node:fs"
import type { Endpoint } from "../../domain/index.ts"

/**
 * The number of bytes of a TCP connection that the peer's system has not acknowledged. Undefined if this system does
 * not list the connection: the connection was reset or passes through a proxy, or the system is not Linux (proc(5),
 * /proc/net/tcp).
 */
export const unacknowledged = (local: Endpoint, remote: Endpoint): number | undefined => {
  if (local._tag !== "Tcp" || remote._tag !== "Tcp") return undefined
  const rows = ["tcp", "tcp6"].flatMap(rowsOf).filter(([, from, to]) => {
    return portOf(from) === local.port && portOf(to) === remote.port
  })
  const [row] = rows
  // If several rows match, they are connections between the same ports with different addresses. The row of this
  // connection is then unknown.
  if (row === undefined || rows.length > 1) return undefined
  return Number.parseInt(row[4] ?? "", 16)
}

// The columns: sl local_address rem_address st tx_queue:rx_queue … An address is ADDRESS:PORT. All numbers are
// hexadecimal.
const rowsOf = (table: string): ReadonlyArray<ReadonlyArray<string>> => {
  try {
    const lines = fs.readFileSync(`/proc/net/${table}`, "utf8").trimEnd().split("\n").slice(1)
    return lines.map((line) => line.trim().split(/\s+/))
  } catch {
    return []
  }
}

const portOf = (address = ""): number => Number.parseInt(address.slice(address.lastIndexOf(":") + 1), 16)

import type { ConnectionId } from "../../domain/index.ts"

/**
 * Encodes the ids of recipients as bytes: pairs of a first id and a count, 4 bytes each. The ids of connected clients
 * have few gaps, so ten thousand recipients take a few pairs.
 */
export const writeRecipients = (ids: ReadonlyArray<ConnectionId>): Uint8Array => {
  const pairs: Array<number> = []
  for (const id of ids) {
    const at = pairs.length - 2
    if (at >= 0 && (pairs[at] as number) + (pairs[at + 1] as number) === id)
      pairs[at + 1] = (pairs[at + 1] as number) + 1
    else pairs.push(id, 1)
  }
  // An empty list gets a pair too, so that it differs from no list.
  if (pairs.length === 0) pairs.push(0, 0)
  const bytes = new Uint8Array(4 * pairs.length)
  const view = new DataView(bytes.buffer)
  for (const [index, value] of pairs.entries()) view.setUint32(4 * index, value)
  return bytes
}

// Calls `each` with each range of ids until `each` returns `false`.
const eachRange = (bytes: Uint8Array, each: (first: number, count: number) => boolean): void => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  for (let at = 0; at < bytes.length; at += 8) {
    if (!each(view.getUint32(at), view.getUint32(at + 4))) return
  }
}

/** The number of recipients, and the first ones. */
export const readRecipients = (
  bytes: Uint8Array,
  most: number,
): { readonly count: number; readonly first: ReadonlyArray<ConnectionId> } => {
  let count = 0
  const first: Array<ConnectionId> = []
  eachRange(bytes, (from, length) => {
    count += length
    for (let id = from; id < from + length && first.length < most; id++) first.push(id as ConnectionId)
    return true
  })
  return { count, first }
}

/** Whether the recipients include at least one of the clients. */
export const hasRecipient = (bytes: Uint8Array, clients: ReadonlySet<number>): boolean => {
  let isFound = false
  eachRange(bytes, (from, length) => {
    for (const client of clients) isFound ||= client >= from && client < from + length
    return !isFound
  })
  return isFound
}

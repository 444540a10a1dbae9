/**
 * Bytes to be filled, with anything in them until then. In Node they are a `Buffer`, as sockets want them: any other
 * `Uint8Array` costs them a new view for each write.
 */
export const allocate = (length: number): Uint8Array =>
  typeof Buffer === "undefined" ? new Uint8Array(length) : Buffer.allocUnsafeSlow(length)

/**
 * Bytes that are to be kept, with no more than as much again kept alive by them: a small read is a view of a pool of
 * Node's, which one byte of it holds whole.
 */
export const keepable = (bytes: Uint8Array): Uint8Array => {
  if (!pinsMore(bytes)) return bytes
  const own = allocate(bytes.length)
  own.set(bytes)
  return own
}

/** Whether bytes keep alive more than twice their own length. */
export const pinsMore = (bytes: Uint8Array): boolean => bytes.buffer.byteLength > 2 * bytes.length

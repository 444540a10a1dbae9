/**
 * Allocates uninitialized bytes. In Node, the result is a `Buffer`, because a socket makes a new view of any other
 * `Uint8Array` for each write.
 */
export const allocate = (length: number): Uint8Array =>
  typeof Buffer === "undefined" ? new Uint8Array(length) : Buffer.allocUnsafeSlow(length)

/**
 * Allocates uninitialized bytes for short-term use. In Node, a small allocation is a view of a shared pool, which takes
 * a tenth of the time of a separate allocation. Code that stores the bytes for long must use {@link keepable}.
 */
export const allocateBriefly = (length: number): Uint8Array =>
  typeof Buffer === "undefined" ? new Uint8Array(length) : Buffer.allocUnsafe(length)

/**
 * Returns bytes for long-term storage: a copy if the bytes keep more than twice their length alive. In Node, a small
 * read is a view of a shared pool, and a view of one byte keeps the whole pool alive.
 */
export const keepable = (bytes: Uint8Array): Uint8Array => (pinsMore(bytes) ? copyOf(bytes) : bytes)

/** Copies bytes into a buffer of their own, which keeps no other bytes alive. */
export const copyOf = (bytes: Uint8Array): Uint8Array => {
  const own = allocate(bytes.length)
  own.set(bytes)
  return own
}

/** Whether bytes keep more than twice their length alive. */
export const pinsMore = (bytes: Uint8Array): boolean => bytes.buffer.byteLength > 2 * bytes.length

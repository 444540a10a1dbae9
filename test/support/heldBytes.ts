/** The memory of a decoder: the full size of every buffer that it references, bytes. */
export const heldBytes = (decoder: object): number =>
  Object.values(decoder).reduce<number>(
    (sum, held) => sum + (held instanceof Uint8Array ? held.buffer.byteLength : 0),
    0,
  )

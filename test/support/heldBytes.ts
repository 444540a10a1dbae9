/** The bytes that a decoder keeps in memory: those of every buffer that it holds, whole. */
export const heldBytes = (decoder: object): number =>
  Object.values(decoder).reduce<number>(
    (sum, held) => sum + (held instanceof Uint8Array ? held.buffer.byteLength : 0),
    0,
  )

// Castagnoli's polynomial, its bits reversed (RFC 4960, appendix B).
const polynomial = 0x82f63b78

/** The CRC32c of some bytes. Bit by bit: it is asked for once in a connection's life, over some hundred bytes. */
export const crc32c = (bytes: Uint8Array): number => {
  let crc = 0xffffffff
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? polynomial : 0)
  }
  return ~crc >>> 0
}

import { carriageReturn, interpretAsCommand, lineFeed } from "./bytes.ts"

const padding = Uint8Array.of(0)

/**
 * Encodes data for a Telnet connection (RFC 854): IAC is sent twice, and NUL follows a CR without LF. No byte waits for
 * the next call: if the last byte is CR, the NUL is in the result of the next call.
 */
export class TelnetEncoder {
  private isAfterReturn = false

  /** Returns the encoded bytes: the same array if nothing changes. */
  encode(data: Uint8Array): Uint8Array {
    let { isAfterReturn } = this
    const added = countAdded(data, isAfterReturn)
    if (data.length > 0) this.isAfterReturn = data[data.length - 1] === carriageReturn
    if (added === 0) return data
    const bytes = new Uint8Array(data.length + added)
    let length = 0
    for (const byte of data) {
      if (isAfterReturn && byte !== lineFeed) bytes[length++] = 0
      bytes[length++] = byte
      if (byte === interpretAsCommand) bytes[length++] = byte
      isAfterReturn = byte === carriageReturn
    }
    return bytes
  }

  /** Returns the byte that completes the data before a command or before the end of the stream, if one is missing. */
  finish(): Uint8Array | undefined {
    if (!this.isAfterReturn) return undefined
    this.isAfterReturn = false
    return padding
  }
}

/** The number of bytes that the encoding adds. */
const countAdded = (data: Uint8Array, isAfterReturn: boolean): number => {
  let count = 0
  let before = isAfterReturn ? carriageReturn : 0
  for (let at = 0; at < data.length; at++) {
    const byte = data[at] as number
    if (byte === interpretAsCommand) count++
    if (before === carriageReturn && byte !== lineFeed) count++
    before = byte
  }
  return count
}

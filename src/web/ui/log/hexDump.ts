/** Bytes as lines of offset, hex and ASCII, with sixteen bytes in a line. */
export const hexDump = (bytes: Uint8Array): string => {
  const lines: Array<string> = []
  for (let offset = 0; offset < bytes.length; offset += 16) {
    const part = bytes.subarray(offset, offset + 16)
    let hex = ""
    let ascii = ""
    for (let at = 0; at < 16; at++) {
      const byte = part[at]
      hex += byte === undefined ? "   " : `${byte.toString(16).padStart(2, "0").toUpperCase()} `
      if (at === 7) hex += " "
      if (byte !== undefined) ascii += byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : "."
    }
    lines.push(`${offset.toString(16).padStart(8, "0")}  ${hex} ${ascii}`)
  }
  return lines.join("\n")
}

/** Bytes as pairs of hex digits, separated by spaces. */
export const hexPairs = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0").toUpperCase()).join(" ")

import { TextView } from "../../domain/index.ts"

// The maximum number of bytes that a failure message shows.
const mostBytes = 64

/** Shows bytes as text in quotes. Control characters and bytes that are not UTF-8 appear as escapes. */
export const showBytes = (bytes: Uint8Array): string => {
  const view = new TextView()
  const shown = view.push(bytes.subarray(0, mostBytes)) + view.end()
  return bytes.length > mostBytes ? `"${shown}" and ${bytes.length - mostBytes} bytes` : `"${shown}"`
}

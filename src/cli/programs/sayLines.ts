import type { Readable } from "node:stream"

// A longer line is passed on in pieces, so that a program cannot fill the memory.
const longestLine = 4096

/** Passes each line of a UTF-8 stream to a function, including a last line without a line end. */
export const sayLines = (from: Readable, say: (line: string) => void): void => {
  const decoder = new TextDecoder()
  let rest = ""
  const take = (text: string): void => {
    const lines = (rest + text).split("\n")
    rest = lines.pop() ?? ""
    for (const line of lines) say(line.replace(/\r$/, ""))
    if (rest.length < longestLine) return
    say(rest)
    rest = ""
  }
  from.on("data", (bytes: Buffer) => take(decoder.decode(bytes, { stream: true })))
  const finish = (): void => {
    take(decoder.decode())
    if (rest !== "") say(rest)
    rest = ""
  }
  // A stream that is destroyed closes without an end.
  from.on("end", finish).on("close", finish)
}

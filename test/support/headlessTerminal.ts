import { Terminal } from "@xterm/headless"
import * as Effect from "effect/Effect"

/** A terminal without a window, and what it shows: scrollback and screen, without empty rows at the end. */
export const headlessTerminal = (columns: number, rows = 10) => {
  const window = new Terminal({
    cols: columns,
    rows,
    scrollback: 10_000,
    allowProposedApi: true,
    reflowCursorLine: true,
  })
  const write = (text: string) => new Promise<void>((resolve) => window.write(text, resolve))
  /** Rows that the terminal has wrapped are one. */
  const lines = (): ReadonlyArray<string> => {
    const buffer = window.buffer.active
    const found: Array<string> = []
    for (let at = 0; at < buffer.length; at++) {
      const line = buffer.getLine(at)
      const text = line?.translateToString(true) ?? ""
      if (line?.isWrapped === true) found.push(`${found.pop() ?? ""}${text}`)
      else found.push(text)
    }
    while (found.at(-1) === "") found.pop()
    return found
  }
  const cursor = () => ({
    x: window.buffer.active.cursorX,
    y: window.buffer.active.baseY + window.buffer.active.cursorY,
  })
  return { window, write, lines, cursor }
}

/** A {@link headlessTerminal} until the scope closes. */
export const xterm = (columns: number, rows: number) =>
  Effect.acquireRelease(
    Effect.sync(() => headlessTerminal(columns, rows)),
    ({ window }) => Effect.sync(() => window.dispose()),
  )

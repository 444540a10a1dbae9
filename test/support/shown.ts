import * as Effect from "effect/Effect"
import { Page, type Renderer } from "../../src/cli/output/Page.ts"
import { MessageLog } from "../../src/cli/process/MessageLog.ts"
import { type OutputBytes, Stdio } from "../../src/cli/process/stdio.ts"
import { ScriptedInput } from "./scriptedInput.ts"

/** The writes to the standard streams, in order: data to `out`, messages to `err`. */
export type Shown = ReadonlyArray<readonly [to: "out" | "err", text: string]>

/** Records the output of a command in place of the standard streams. */
export const recordedStdio = (colour = false) => {
  const log = new MessageLog()
  const bytes: Array<Uint8Array> = []
  const all: Array<readonly [to: "out" | "err", text: string]> = []
  const write = (data: string | OutputBytes) =>
    Effect.sync(() => {
      const chunk = Buffer.concat(typeof data === "string" ? [Buffer.from(data)] : [data].flat())
      bytes.push(chunk)
      all.push(["out", chunk.toString()])
    })
  const stdio = Stdio.of({
    write,
    writeLent: write,
    writeLines: write,
    drained: Effect.void,
    takeMessages: () => Effect.void,
    gone: Effect.never,
    say: (text) => void all.push(["err", text]),
    tell: (level, text) => void (log.shows(level) && all.push(["err", log.line(level, text)])),
    log,
    openInput: Effect.succeed(new ScriptedInput()),
    inputKind: "pipe",
    outputIsTerminal: colour,
    together: false,
    outputIsInput: false,
    errorIsInput: false,
    colour: { output: colour, error: colour },
    restartEnd: Effect.void,
    beginEnd: () => Effect.void,
    untilGivenUp: Effect.asSome,
    hasFile: false,
    reopen: () => {},
    isTerminalGone: () => false,
  })
  return { stdio, shown: (): Shown => all, bytes: () => Uint8Array.from(bytes.flatMap((chunk) => [...chunk])) }
}

/** Renders some events on one page. */
export const shownOf = <E>(renderer: Renderer<E>, events: ReadonlyArray<E>): Shown => {
  const { stdio, shown } = recordedStdio()
  const page = new Page()
  for (const event of events) renderer.render(event, page)
  Effect.runSync(Effect.provideService(page.flush, Stdio, stdio))
  return shown()
}

/** The lines of the output. Lines on standard error begin with `! `. */
export const linesOf = (shown: Shown): ReadonlyArray<string> =>
  shown.flatMap(([to, text]) =>
    text
      .replace(/\n$/, "")
      .split("\n")
      .map((line) => (to === "err" ? `! ${line}` : line)),
  )

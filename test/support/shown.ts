import * as Effect from "effect/Effect"
import { Page, type Renderer } from "../../src/cli/output/Page.ts"
import { Stdio } from "../../src/cli/stdio.ts"

/** What went to the standard streams, in order: data to `out`, talk to `err`. */
export type Shown = ReadonlyArray<readonly [to: "out" | "err", text: string]>

/** Everything that a command writes, in order, instead of the process's own streams. */
export const recordedStdio = (colour = false) => {
  const bytes: Array<Uint8Array> = []
  const all: Array<readonly [to: "out" | "err", text: string]> = []
  const stdio = Stdio.of({
    write: (data) =>
      Effect.sync(() => {
        const chunk = typeof data === "string" ? new TextEncoder().encode(data) : data
        bytes.push(chunk)
        all.push(["out", new TextDecoder().decode(chunk)])
      }),
    say: (text) => void all.push(["err", text]),
    openInput: Effect.succeed({ read: Effect.never }),
    inputKind: "pipe",
    outputIsTerminal: colour,
    colour: { output: colour, error: colour },
  })
  return { stdio, shown: (): Shown => all, bytes: () => Uint8Array.from(bytes.flatMap((chunk) => [...chunk])) }
}

/** What a renderer makes of some events on one page. */
export const shownOf = <E>(renderer: Renderer<E>, events: ReadonlyArray<E>): Shown => {
  const { stdio, shown } = recordedStdio()
  const page = new Page()
  for (const event of events) renderer.render(event, page)
  Effect.runSync(Effect.provideService(page.flush, Stdio, stdio))
  return shown()
}

/** The lines of what was shown, those on standard error behind a `! `. */
export const linesOf = (shown: Shown): ReadonlyArray<string> =>
  shown.flatMap(([to, text]) =>
    text
      .replace(/\n$/, "")
      .split("\n")
      .map((line) => (to === "err" ? `! ${line}` : line)),
  )

import * as Effect from "effect/Effect"
import type { OutputClosed, OutputFailed } from "../outputErrors.ts"
import { Stdio } from "../stdio.ts"

/** What goes to standard output (data) or standard error (talk), in order. */
export class Page {
  private readonly parts: Array<{ readonly to: "out" | "err"; text: string } | { readonly bytes: Uint8Array }> = []

  out(text: string): void {
    this.add("out", text)
  }

  err(text: string): void {
    this.add("err", text)
  }

  bytes(bytes: Uint8Array): void {
    this.parts.push({ bytes })
  }

  /** Writes it; waits while the reader of standard output does not take it. */
  get flush(): Effect.Effect<void, OutputClosed | OutputFailed, Stdio> {
    return Effect.flatMap(Stdio, (stdio) =>
      Effect.forEach(
        this.parts,
        (part) => {
          if ("bytes" in part) return stdio.write(part.bytes)
          return part.to === "out" ? stdio.writeLines(part.text) : Effect.sync(() => stdio.say(part.text))
        },
        { discard: true },
      ),
    )
  }

  private add(to: "out" | "err", text: string): void {
    if (text === "") return
    const last = this.parts.at(-1)
    if (last !== undefined && "to" in last && last.to === to) last.text += text
    else this.parts.push({ to, text })
  }
}

/** How the events of one command are shown. */
export interface Renderer<E> {
  readonly render: (event: E, page: Page) => void
}

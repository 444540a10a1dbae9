import * as Effect from "effect/Effect"
import { OutputClosed } from "../process/outputErrors.ts"
import { Stdio } from "../process/stdio.ts"

/** Passes the bytes of standard input to a terminal. Fails when the terminal has hung up: in raw mode, Ctrl-D is a key. */
export const readTerminal = (terminal: { readonly feed: (bytes: Uint8Array) => void }) =>
  Effect.gen(function* () {
    const stdio = yield* Stdio
    const source = yield* stdio.openInput
    let isOver = false
    while (!isOver) {
      yield* source.read((bytes) => {
        if (bytes === undefined) isOver = true
        else terminal.feed(bytes)
      })
    }
    return yield* new OutputClosed({ by: "terminal" })
  }).pipe(Effect.catchTag("InputFailed", () => new OutputClosed({ by: "terminal" })))

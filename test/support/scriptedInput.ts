import * as Effect from "effect/Effect"
import { InputFailed } from "../../src/cli/process/outputErrors.ts"
import type { Input } from "../../src/cli/process/stdio.ts"

/** An input with the bytes that a test offers. As with standard input, a read completes at once or later. */
export class ScriptedInput implements Input {
  /** The bytes given back by `unread`, in order. */
  readonly givenBack: Array<Uint8Array> = []
  /** The most bytes of a read. Undefined before `readLarge`. */
  largeBytes: number | undefined
  private readonly results: Array<Uint8Array | "end" | InputFailed> = []
  private waiter: (() => void) | undefined

  offer(...chunks: ReadonlyArray<string | Uint8Array>): void {
    for (const chunk of chunks) this.add(typeof chunk === "string" ? new TextEncoder().encode(chunk) : chunk)
  }

  end(): void {
    this.add("end")
  }

  fail(code: string): void {
    this.add(new InputFailed({ code }))
  }

  readonly read: Input["read"] = (take) =>
    Effect.async<void, InputFailed>((resume) => {
      const give = () => {
        this.waiter = undefined
        const result = this.results[0]
        if (result instanceof Uint8Array) this.results.shift()
        if (result instanceof InputFailed) return resume(result)
        take(result instanceof Uint8Array ? result : undefined)
        resume(Effect.void)
      }
      if (this.results.length > 0) give()
      else this.waiter = give
      return Effect.sync(() => {
        this.waiter = undefined
      })
    })

  readLarge(bytes: number): void {
    this.largeBytes = bytes
  }

  recycle(bytes: Uint8Array): void {
    this.givenBack.push(bytes)
  }

  private add(result: Uint8Array | "end" | InputFailed): void {
    this.results.push(result)
    this.waiter?.()
  }
}

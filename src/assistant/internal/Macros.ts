import * as Effect from "effect/Effect"
import * as Assistant from "../../domain/assistant/index.ts"
import { entryRefused } from "./labels.ts"
import type { Payloads } from "./Payloads.ts"
import { refusal, unknown } from "./refusals.ts"

// The maximum number of macros.
const mostMacros = 1000

/** The named payloads of a window. */
export class Macros {
  private readonly macros = new Map<string, Assistant.Macro>()
  private readonly payloads: Payloads
  private readonly onChanged: () => void

  constructor(payloads: Payloads, onChanged: () => void) {
    this.payloads = payloads
    this.onChanged = onChanged
  }

  get all(): ReadonlyArray<Assistant.Macro> {
    return [...this.macros.values()]
  }

  /** Saves a macro. It replaces a macro of the same name. */
  save(macro: Assistant.Macro): Effect.Effect<void, Assistant.Refusal> {
    return Effect.gen(this, function* () {
      yield* this.check(macro)
      if (!this.macros.has(macro.name) && this.macros.size >= mostMacros) {
        return yield* refusal("limit", `there are ${mostMacros} macros already`)
      }
      this.macros.set(macro.name, macro)
      this.onChanged()
    })
  }

  find(name: string): Effect.Effect<Assistant.Macro, Assistant.Refusal> {
    return Effect.suspend(() => {
      const macro = this.macros.get(name)
      return macro === undefined ? Effect.fail(unknown("macro", name, this.macros.keys())) : Effect.succeed(macro)
    })
  }

  remove(name: string): Effect.Effect<void, Assistant.Refusal> {
    return Effect.map(this.find(name), () => {
      this.macros.delete(name)
      this.onChanged()
    })
  }

  /** Refuses a set of macros that cannot replace the existing ones. */
  checkAll(macros: ReadonlyArray<Assistant.Macro>): Effect.Effect<void, Assistant.Refusal> {
    return macros.length > mostMacros
      ? refusal("limit", `${macros.length} macros are more than ${mostMacros}`)
      : Effect.forEach(macros, (macro) => this.check(macro), { discard: true })
  }

  /** Replaces all macros by macros that `checkAll` has accepted. */
  replace(macros: ReadonlyArray<Assistant.Macro>): void {
    this.macros.clear()
    for (const macro of macros) this.macros.set(macro.name, macro)
    this.onChanged()
  }

  private check({ name, payload, to }: Assistant.Macro): Effect.Effect<void, Assistant.Refusal> {
    const unnamed = entryRefused(name, "macro")
    if (unnamed !== undefined) return Effect.fail(unnamed)
    const checked = this.payloads.check(payload)
    return to === undefined ? checked : Effect.zipRight(Assistant.parseRecipients(to), checked)
  }
}

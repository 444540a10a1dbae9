import * as Effect from "effect/Effect"
import * as Assistant from "../../domain/assistant/index.ts"

/** A regular expression that takes time in proportion to the text, whatever the expression and the text are. */
export interface LinearRegex {
  readonly test: (text: string) => boolean
  /** The match and its groups; a group that took no part is empty. */
  readonly exec: (text: string) => ReadonlyArray<string> | undefined
}

// Loaded when the first expression is compiled.
const engine = Effect.promise(() => import("re2js"))

/**
 * Compiles a regular expression in the syntax of RE2. JavaScript's own would let a peer, or a typing error, stop the whole
 * process: `(a+)+$` over a line of 40 characters takes hours. So there are no references to groups and no look-around.
 */
export const compileRegex = (
  source: string,
  options: { readonly field: string; readonly ignoreCase?: boolean | undefined },
): Effect.Effect<LinearRegex, Assistant.Refusal> =>
  Effect.flatMap(engine, ({ RE2JS }) =>
    Effect.try({
      try: (): LinearRegex => {
        const compiled = RE2JS.compile(source, options.ignoreCase === true ? RE2JS.CASE_INSENSITIVE : 0)
        return {
          test: (text) => compiled.test(text),
          exec: (text) => {
            const matcher = compiled.matcher(text)
            if (!matcher.find()) return undefined
            return Array.from({ length: matcher.groupCount() + 1 }, (_, group) => matcher.group(group) ?? "")
          },
        }
      },
      catch: (error) =>
        new Assistant.Refusal({
          reason: "value",
          message: `the regular expression cannot be read: ${(error instanceof Error ? error.message : String(error)).replace(/^error parsing regexp: /, "")}`,
          advice: "it is written as RE2 has it: without look-around and without references to groups",
          field: options.field,
        }),
    }),
  )

import * as Effect from "effect/Effect"
import * as Assistant from "../../domain/assistant/index.ts"

/** A regular expression whose matching time is linear in the length of the text. */
export interface LinearRegex {
  readonly test: (text: string) => boolean
  /** The match and its groups. A group that did not match is empty. */
  readonly exec: (text: string) => ReadonlyArray<string> | undefined
}

// The engine is loaded when the first expression is compiled.
const engine = Effect.promise(() => import("re2js"))

/**
 * Compiles a regular expression in the syntax of RE2, which has no back-references and no look-around. With
 * JavaScript's regular expressions, a peer or a typing error could block the whole process: `(a+)+$` on a line of 40
 * characters takes hours.
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
          message: `the regular expression is invalid: ${(error instanceof Error ? error.message : String(error)).replace(/^error parsing regexp: /, "")}`,
          advice: "the syntax is that of RE2, without look-around and back-references",
          field: options.field,
        }),
    }),
  )

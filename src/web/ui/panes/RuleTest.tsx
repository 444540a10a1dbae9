import { useSignal } from "@preact/signals"
import * as Either from "effect/Either"
import { compileMatch } from "../../../domain/assistant/compileMatch.ts"
import { readHex } from "../../../domain/assistant/pastedBytes.ts"
import { matchOf, type RuleDraft } from "../state/RuleDraft.ts"
import { words } from "../words/index.ts"
import { troubleText } from "../words/trouble.ts"

/** The sample as bytes: a match in hex is tried with hex. */
const sampleOf = (draft: RuleDraft, sample: string) =>
  draft.kind.value === "Hex" ? readHex(sample) : Either.right(new TextEncoder().encode(sample))

const verdict = (draft: RuleDraft, sample: string): { readonly text: string; readonly good: boolean } => {
  const w = words.value
  const tried = Either.flatMap(compileMatch(matchOf(draft)), (matches) =>
    Either.map(sampleOf(draft, sample), (frame) => matches(frame, () => sample)),
  )
  if (Either.isLeft(tried)) return { text: troubleText(tried.left).what, good: false }
  if (tried.right === undefined) return { text: w.testNot, good: false }
  const captures = tried.right.slice(1).map((capture, index) => `\${${index + 1}} = ${JSON.stringify(capture)}`)
  return { text: captures.length === 0 ? w.testMatches : w.testCaptures(captures.join(", ")), good: true }
}

/** Tries the match of a rule with a message, by the function that the rule itself uses. */
export const RuleTest = ({ draft }: { readonly draft: RuleDraft }) => {
  const w = words.value
  const sample = useSignal("")
  const result = sample.value === "" || draft.pattern.value === "" ? undefined : verdict(draft, sample.value)
  return (
    <div class="rule-test">
      <label class="inline">
        {w.test}
        <input
          class="grow mono"
          placeholder={w.testHint}
          spellcheck={false}
          value={sample.value}
          onInput={(event) => {
            sample.value = event.currentTarget.value
          }}
        />
      </label>
      <span class={result?.good === true ? "test-good" : "test-bad"} role="status">
        {result?.text}
      </span>
    </div>
  )
}

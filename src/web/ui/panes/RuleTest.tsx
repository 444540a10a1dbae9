import { useSignal, useSignalEffect } from "@preact/signals"
import { type Answer, ask } from "../link/ask.ts"
import { matchOf, type RuleDraft } from "../state/RuleDraft.ts"
import { words } from "../words/index.ts"
import { troubleText } from "../words/trouble.ts"

type Tried = Answer<{ readonly captures?: ReadonlyArray<string> | undefined }>

const verdict = (tried: Tried): { readonly text: string; readonly good: boolean } => {
  const w = words.value
  if (!tried.ok) return { text: troubleText(tried.trouble).what, good: false }
  if (tried.value.captures === undefined) return { text: w.testNot, good: false }
  const captures = tried.value.captures
    .slice(1)
    .map((capture, index) => `\${${index + 1}} = ${JSON.stringify(capture)}`)
  return { text: captures.length === 0 ? w.testMatches : w.testCaptures(captures.join(", ")), good: true }
}

/**
 * Tests the match of a rule with a message. The server evaluates the match, because a regular expression of JavaScript could
 * block the page for hours.
 */
export const RuleTest = ({ draft }: { readonly draft: RuleDraft }) => {
  const w = words.value
  const sample = useSignal("")
  const tried = useSignal<Tried | undefined>(undefined)
  useSignalEffect(() => {
    const match = matchOf(draft)
    if (sample.value === "" || draft.pattern.value === "") {
      tried.value = undefined
      return
    }
    return ask(
      (calls) => calls.TryMatch({ match, sample: sample.value }),
      (answer) => {
        tried.value = answer
      },
    )
  })
  const result = tried.value === undefined ? undefined : verdict(tried.value)
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

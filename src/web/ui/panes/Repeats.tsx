import type { WindowModel } from "../state/WindowModel.ts"
import { words } from "../words/index.ts"
import { troubleText } from "../words/trouble.ts"
import { tellOrToast } from "./perform.ts"
import { repeatDraft } from "./sending.ts"

/** The interval and the count of a repeat, and the button that starts the repeat. */
export const RepeatField = ({ model }: { readonly model: WindowModel }) => {
  const w = words.value
  const field = model.sendTrouble.value?.field
  return (
    <span class="repeat-field">
      <label class="field-inline">
        {w.every}
        <input
          class="short"
          inputMode="numeric"
          value={model.every.value}
          aria-invalid={field === "interval"}
          aria-describedby="send-trouble"
          onInput={(event) => {
            model.every.value = event.currentTarget.value
          }}
        />
        {w.milliseconds}
      </label>
      <label class="field-inline">
        <input
          class="short"
          inputMode="numeric"
          placeholder={w.timesHint}
          value={model.times.value}
          aria-invalid={field === "times"}
          aria-describedby="send-trouble"
          onInput={(event) => {
            model.times.value = event.currentTarget.value
          }}
        />
        {w.times}
      </label>
      <button
        type="button"
        onClick={() =>
          repeatDraft(model, (answer) => {
            model.sendTrouble.value = answer.ok ? undefined : answer.trouble
          })
        }
      >
        {w.repeat}
      </button>
    </span>
  )
}

/** The running repeats, each with its count and a button that stops it. */
export const Repeats = ({ model }: { readonly model: WindowModel }) => {
  const w = words.value
  const repeats = model.state.value?.repeats ?? []
  if (repeats.length === 0) return null
  return (
    <ul class="repeats" aria-label={w.repeats}>
      {repeats.map((repeat) => (
        <li key={repeat.repeat}>
          <code title={repeat.what}>{repeat.what}</code>
          <span class="figures">{w.everyMillis(repeat.intervalMillis)}</span>
          <span class="figures repeat-sent">{w.repeatSent(repeat.sent, repeat.of)}</span>
          {repeat.problem !== undefined && (
            <span class="trouble-what">{troubleText({ message: repeat.problem }).what}</span>
          )}
          <button
            type="button"
            class="stop"
            aria-label={w.stopRepeat(repeat.repeat)}
            onClick={() => tellOrToast(model, { _tag: "Cancel", repeat: repeat.repeat })}
          >
            {w.stop}
          </button>
        </li>
      ))}
    </ul>
  )
}

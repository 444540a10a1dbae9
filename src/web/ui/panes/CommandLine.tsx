import { useSignal } from "@preact/signals"
import { useLayoutEffect, useRef } from "preact/hooks"
import { commandHelp } from "../../../domain/assistant/commandHelp.ts"
import type { Outcome } from "../../../domain/assistant/Outcome.ts"
import { ask, type Trouble } from "../link/ask.ts"
import { TroubleLine } from "../parts/TroubleLine.tsx"
import type { WindowModel } from "../state/WindowModel.ts"
import { words } from "../words/index.ts"
import { Sheet } from "./Sheet.tsx"

/** The maximum number of earlier lines for Up and Down. */
const mostLines = 100
const lines: Array<string> = []

/** An outcome as a line of text. */
const outcomeText = (outcome: Outcome): string => {
  const w = words.value
  const clients = (ids: ReadonlyArray<number>) => ids.map((id) => `#${id}`).join(" ")
  switch (outcome._tag) {
    case "Done":
      return w.done
    case "ListeningOn":
      return w.listeningOn(outcome.endpoint)
    case "ListeningStopped":
      return `${w.done} ${outcome.endpoints.join(", ")}`
    case "ConnectedTo":
      return `${w.phase.connected} · ${outcome.remote}`
    case "SentTo":
      return [w.bytes(outcome.bytes), clients(outcome.to), unmatched(outcome.unmatched)].filter(Boolean).join(" · ")
    case "Applied":
      return [w.done, clients(outcome.to), unmatched(outcome.unmatched)].filter(Boolean).join(" ")
    case "RepeatStarted":
      return `${w.repeat} ${outcome.repeat}`
    case "Cancelled":
      return `${w.done} ${outcome.repeats.join(", ")}`
  }
}

const unmatched = (names: ReadonlyArray<string>): string =>
  names.length === 0 ? "" : words.value.unmatched(names.join(", "))

/** The command line. It accepts the same commands as the control socket. */
export const CommandLine = ({ model, close }: { readonly model: WindowModel; readonly close: () => void }) => {
  const w = words.value
  const line = useSignal("")
  const done = useSignal("")
  const trouble = useSignal<Trouble | undefined>(undefined)
  const at = useRef(lines.length)
  const input = useRef<HTMLInputElement>(null)
  useLayoutEffect(() => input.current?.focus(), [])
  const verb = line.value.trimStart().replace(/^\//, "").split(/\s/, 1)[0] ?? ""
  const helps = commandHelp.filter(
    (help) => (help.kind === "both" || help.kind === model.kind) && help.verb.startsWith(verb),
  )
  const hints = helps.some((help) => help.verb === verb) ? helps.filter((help) => help.verb === verb) : helps
  const run = (): void => {
    const text = line.value.trim()
    if (text === "") return
    lines.push(text)
    if (lines.length > mostLines) lines.shift()
    at.current = lines.length
    done.value = ""
    trouble.value = undefined
    ask(
      (calls) => calls.DoLine({ tab: model.tab, line: text }),
      (answer) => {
        if (answer.ok) {
          done.value = outcomeText(answer.value)
          line.value = ""
        } else {
          trouble.value = answer.trouble
          const position = answer.trouble.at
          if (position !== undefined) input.current?.setSelectionRange(position, position + 1)
        }
      },
    )
  }
  const recall = (step: number): void => {
    at.current = Math.min(lines.length, Math.max(0, at.current + step))
    line.value = lines[at.current] ?? ""
  }
  return (
    <Sheet label={w.commandLine} close={close}>
      <form
        class="command"
        onSubmit={(event) => {
          event.preventDefault()
          run()
        }}
      >
        <input
          class="mono command-input"
          ref={input}
          aria-label={w.commandLine}
          aria-describedby="command-trouble"
          placeholder={w.commandHint}
          spellcheck={false}
          autocomplete="off"
          autocapitalize="off"
          value={line.value}
          onInput={(event) => {
            line.value = event.currentTarget.value
            trouble.value = undefined
          }}
          onKeyDown={(event) => {
            const only = hints[0]
            if (event.key === "Tab" && !event.shiftKey && only !== undefined && verb !== "" && only.verb !== verb) {
              line.value = `${only.verb} `
            } else if (event.key === "ArrowUp") recall(-1)
            else if (event.key === "ArrowDown") recall(1)
            else return
            event.preventDefault()
          }}
        />
        <TroubleLine id="command-trouble" trouble={trouble.value} />
        <p class="done" role="status">
          {done.value}
        </p>
        <dl class="command-help" tabIndex={0}>
          {hints.map((help) => (
            <div key={help.verb}>
              <dt>
                <code>{help.form}</code>
              </dt>
              <dd>{w.commandWhat(help.verb, help.what)}</dd>
            </div>
          ))}
        </dl>
        <p class="hint">{w.commandHelp}</p>
      </form>
    </Sheet>
  )
}

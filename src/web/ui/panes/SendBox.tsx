import { useComputed, useSignal, useSignalEffect } from "@preact/signals"
import { useEffect, useMemo, useRef } from "preact/hooks"
import type { PayloadSpec } from "../../../domain/assistant/Payload.ts"
import type { Preview } from "../../../domain/assistant/State.ts"
import { type Answer, ask, type Trouble } from "../link/ask.ts"
import { link } from "../link/client.ts"
import { makeLatest } from "../link/latest.ts"
import type { Stop } from "../link/Stop.ts"
import { hexPairs } from "../log/hexDump.ts"
import { PayloadFields } from "../parts/PayloadFields.tsx"
import { TroubleLine } from "../parts/TroubleLine.tsx"
import { fillDraft, specOf } from "../state/Draft.ts"
import { toast } from "../state/toasts.ts"
import type { WindowModel } from "../state/WindowModel.ts"
import { words } from "../words/index.ts"
import { RepeatField, Repeats } from "./Repeats.tsx"
import { recipientsOfText } from "./recipients.ts"
import { sendDraft, troubleOfDraft } from "./sending.ts"

/** The preview of the bytes or the error of the payload, and the number of recipients if `To` is valid. */
interface Previewed {
  readonly recipients?: number
  readonly preview?: Preview
  readonly trouble?: Trouble
}

/** A valid payload. Its preview gives the number of recipients while the payload of the box is invalid. */
const validPayload: PayloadSpec = { form: "text", content: "" }

/** The maximum number of bytes in the preview. */
const shownBytes = 256

/** Requests a preview after each change of the payload, the recipients or the clients. */
const usePreview = (model: WindowModel) => {
  const previewed = useSignal<Previewed>({})
  const latest = useMemo(
    () =>
      makeLatest<{ readonly payload: PayloadSpec; readonly to: string }>((wanted, done) =>
        recipientsOfText(model.kind === "server" ? wanted.to : "", (to) => {
          if (!to.ok) {
            previewed.value = { trouble: { ...to.trouble, field: "to" } }
            done()
            return undefined
          }
          const recipients = to.value === undefined ? {} : { to: to.value }
          const preview = (payload: PayloadSpec, then: (answer: Answer<Preview>) => void): Stop =>
            ask((calls) => calls.Preview({ tab: model.tab, payload, ...recipients }), then)
          let stop = preview(wanted.payload, (answer) => {
            if (answer.ok) {
              previewed.value = { preview: answer.value, recipients: answer.value.recipients }
              done()
              return
            }
            const { trouble } = answer
            stop = preview(validPayload, (counted) => {
              previewed.value = counted.ok ? { trouble, recipients: counted.value.recipients } : { trouble }
              done()
            })
          })
          return () => stop()
        }),
      ),
    [model, previewed],
  )
  useEffect(() => latest.stop, [latest])
  const clients = useComputed(() => `${model.server.value?.clients}/${model.client.value?.phase}`)
  useSignalEffect(() => {
    void clients.value
    const payload = specOf(model.draft)
    const to = model.to.value
    if (link.value === "up") latest.wish({ payload, to })
  })
  return previewed
}

/** The history of sent messages. The current draft comes before the latest message. */
const useHistory = (model: WindowModel) => {
  const entries = useRef<ReadonlyArray<PayloadSpec>>([])
  const at = useRef(-1)
  const draft = useRef<PayloadSpec | undefined>(undefined)
  const show = (): void => {
    const spec = at.current === -1 ? draft.current : entries.current[at.current]
    if (spec !== undefined) fillDraft(model.draft, spec)
  }
  return {
    earlier: (): void => {
      const go = (): void => {
        if (at.current + 1 >= entries.current.length) return
        if (at.current === -1) draft.current = specOf(model.draft)
        at.current++
        show()
      }
      if (at.current !== -1) go()
      else
        ask(
          (calls) => calls.History(),
          (answer) => {
            if (answer.ok) entries.current = answer.value
            go()
          },
        )
    },
    later: (): void => {
      if (at.current === -1) return
      at.current--
      show()
    },
    reset: (): void => {
      at.current = -1
    },
  }
}

const ToField = ({ model, previewed }: { readonly model: WindowModel; readonly previewed: Previewed }) => {
  const w = words.value
  const wrong = previewed.trouble?.field === "to"
  const known = model.selected.value
  return (
    <label class="field-inline">
      {w.to}
      <input
        class="to"
        list="recipients"
        placeholder={w.toHint}
        title={w.toHelp}
        spellcheck={false}
        autocapitalize="off"
        value={model.to.value}
        aria-invalid={wrong}
        aria-describedby="send-trouble"
        onInput={(event) => {
          model.to.value = event.currentTarget.value
        }}
      />
      <datalist id="recipients">
        <option value="@all" />
        <option value="@last" />
        {known.map((id) => (
          <option key={id} value={`@${id}`} />
        ))}
        {known.length > 0 && <option value={`@all-but ${known.join(",")}`} />}
        <option value="@tag:" />
        <option value="@10.0.0.0/8" />
      </datalist>
    </label>
  )
}

/** Shows the number of recipients before the send. */
const Recipients = ({ model, previewed }: { readonly model: WindowModel; readonly previewed: Previewed }) => {
  const w = words.value
  if (model.kind === "client") return <span class="recipients">{w.toServer}</span>
  const count = previewed.recipients
  return (
    <span class={`recipients${count === 0 ? " recipients-none" : ""}`}>
      {count === undefined ? "" : w.recipients(count)}
    </span>
  )
}

/** Shows the bytes of the payload before the send. */
const PreviewLine = ({ preview }: { readonly preview: Preview | undefined }) => {
  const w = words.value
  return (
    <output class="preview" aria-label={w.preview} hidden={preview === undefined}>
      <span class="figures preview-length">{preview === undefined ? "" : w.bytes(preview.length)}</span>
      <span class="preview-bytes">
        {preview === undefined ? "" : hexPairs(preview.bytes.subarray(0, shownBytes))}
        {preview !== undefined && preview.length > shownBytes && " …"}
      </span>
    </output>
  )
}

/** Whether the caret is on the first or the last line of a text, so that Up or Down can leave it. */
const isAtEdge = (area: HTMLTextAreaElement, up: boolean): boolean => {
  if (area.selectionStart !== area.selectionEnd) return false
  return up
    ? !area.value.slice(0, area.selectionStart).includes("\n")
    : !area.value.slice(area.selectionEnd).includes("\n")
}

/** The form that sends a message. */
export const SendBox = ({ model }: { readonly model: WindowModel }) => {
  const w = words.value
  const previewed = usePreview(model)
  const history = useHistory(model)
  const { draft } = model
  const options = useSignal(false)
  // Before the send, the box shows only errors in its fields. If no client matches, the number of recipients shows it.
  const early = useComputed(() => {
    const wrong = troubleOfDraft(draft)
    if (wrong !== undefined) return wrong
    const { trouble } = previewed.value
    if (trouble === undefined || (draft.content.value === "" && trouble.field !== "to")) return undefined
    const quiet: ReadonlyArray<Trouble["reason"]> = ["not-connected", "gone"]
    return quiet.includes(trouble.reason) ? undefined : trouble
  })
  const trouble = model.sendTrouble.value ?? early.value
  // The empty content of a form other than text has no bytes to show.
  const shown = draft.content.value === "" && draft.form.value !== "text" ? undefined : previewed.value.preview
  const send = (): void =>
    sendDraft(model, (answer) => {
      if (answer.ok) {
        history.reset()
        if (answer.value._tag === "SentTo" && answer.value.unmatched.length > 0) {
          toast(w.unmatched(answer.value.unmatched.join(", ")), "problem")
        }
        model.sendTrouble.value = undefined
      } else model.sendTrouble.value = answer.trouble
    })
  // During traffic, a new state arrives ten times a second. Only a change of these parts can remove the error.
  const clients = useComputed(() => model.server.value?.clients)
  const phase = useComputed(() => model.client.value?.phase)
  useSignalEffect(() => {
    specOf(draft)
    void [model.to.value, clients.value, phase.value]
    model.sendTrouble.value = undefined
  })
  const hints = { text: w.contentText, hex: w.contentHex, base64: w.contentBase64, file: w.contentFile }
  const wrong = trouble !== undefined && (trouble.field === undefined || trouble.field === "content")
  return (
    <section class="send" aria-label={w.sending}>
      <Repeats model={model} />
      <form
        onSubmit={(event) => {
          event.preventDefault()
          send()
        }}
      >
        <div class="send-row">
          {model.kind === "server" && <ToField model={model} previewed={previewed.value} />}
          <Recipients model={model} previewed={previewed.value} />
          <button
            type="button"
            class="quiet narrow-only"
            aria-expanded={options.value}
            aria-controls="send-options"
            onClick={() => {
              options.value = !options.value
            }}
          >
            {w.sendOptions}
          </button>
          <div class={options.value ? "send-options send-options-open" : "send-options"} id="send-options">
            <PayloadFields draft={draft} />
          </div>
        </div>
        <div class="send-row send-main">
          <textarea
            rows={2}
            id="message"
            aria-label={w.content}
            placeholder={hints[draft.form.value]}
            spellcheck={false}
            autocapitalize="off"
            aria-invalid={wrong}
            aria-describedby="send-trouble"
            value={draft.content.value}
            onInput={(event) => {
              draft.content.value = event.currentTarget.value
              history.reset()
            }}
            onKeyDown={(event) => {
              if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
                event.preventDefault()
                send()
                return
              }
              const up = event.key === "ArrowUp"
              if ((!up && event.key !== "ArrowDown") || event.shiftKey || event.altKey || event.ctrlKey) return
              if (!isAtEdge(event.currentTarget, up)) return
              event.preventDefault()
              if (up) history.earlier()
              else history.later()
            }}
          />
          <button type="submit" class="main send-button" title="Ctrl-Enter" aria-keyshortcuts="Control+Enter">
            {w.send}
          </button>
        </div>
        <div class="send-row send-foot">
          <PreviewLine preview={trouble === undefined ? shown : undefined} />
          <TroubleLine id="send-trouble" trouble={trouble} />
          <span class="hint wide-only">{w.historyHint}</span>
          <div class={options.value ? "send-options send-options-open" : "send-options"}>
            <RepeatField model={model} />
          </div>
        </div>
      </form>
    </section>
  )
}

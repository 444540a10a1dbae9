import { type Signal, signal } from "@preact/signals"
import type { ChecksumSpec, LineEnding, PayloadForm, PayloadSpec } from "../../../domain/assistant/Payload.ts"
import { isBoolean, isOneOf, isString, keptHere } from "./kept.ts"

export const forms = ["text", "hex", "base64", "file"] as const satisfies ReadonlyArray<PayloadForm>
export const endings = ["none", "lf", "crlf", "cr"] as const satisfies ReadonlyArray<LineEnding>

/** A payload that is being written. The empty encoding is that of the recipient; the empty checksum is none. */
export interface Draft {
  readonly form: Signal<PayloadForm>
  readonly content: Signal<string>
  readonly escapes: Signal<boolean>
  readonly encoding: Signal<string>
  readonly ending: Signal<LineEnding>
  readonly checksum: Signal<string>
  readonly order: Signal<"" | "big" | "little">
  readonly from: Signal<string>
  readonly to: Signal<string>
  readonly at: Signal<string>
}

/** A draft that outlives a reload under a name of its own. */
export const makeDraft = (name: string): Draft => ({
  form: keptHere<PayloadForm>(`${name}.form`, "text", isOneOf(forms)),
  content: keptHere(`${name}.content`, "", isString),
  escapes: keptHere(`${name}.escapes`, true, isBoolean),
  encoding: keptHere(`${name}.encoding`, "", isString),
  ending: keptHere<LineEnding>(`${name}.ending`, "none", isOneOf(endings)),
  checksum: keptHere(`${name}.checksum`, "", isString),
  order: keptHere<"" | "big" | "little">(`${name}.order`, "", isOneOf(["", "big", "little"])),
  from: keptHere(`${name}.from`, "", isString),
  to: keptHere(`${name}.to`, "", isString),
  at: keptHere(`${name}.at`, "", isString),
})

/** A draft that a reload forgets, such as the reply of a rule. */
export const makePassingDraft = (spec: PayloadSpec): Draft => {
  const draft: Draft = {
    form: signal<PayloadForm>("text"),
    content: signal(""),
    escapes: signal(true),
    encoding: signal(""),
    ending: signal<LineEnding>("none"),
    checksum: signal(""),
    order: signal<"" | "big" | "little">(""),
    from: signal(""),
    to: signal(""),
    at: signal(""),
  }
  fillDraft(draft, spec)
  return draft
}

const whole = (text: string): number | undefined => (/^-?\d+$/.test(text.trim()) ? Number(text) : undefined)

/** The offset of a checksum that is written and is none, if there is one. */
export const wrongOffset = (draft: Draft): "from" | "to" | "at" | undefined => {
  if (draft.checksum.value.trim() === "") return undefined
  return (["from", "to", "at"] as const).find(
    (field) => draft[field].value.trim() !== "" && whole(draft[field].value) === undefined,
  )
}

const checksumOf = (draft: Draft): ChecksumSpec | undefined => {
  const kind = draft.checksum.value.trim()
  if (kind === "") return undefined
  const order = draft.order.value
  const from = whole(draft.from.value)
  const to = whole(draft.to.value)
  const at = whole(draft.at.value)
  return {
    kind,
    ...(order === "" ? {} : { order }),
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    ...(at === undefined ? {} : { at }),
  }
}

/** The payload as it is written now. It reads the signals, so that what depends on it is told of changes. */
export const specOf = (draft: Draft): PayloadSpec => {
  const form = draft.form.value
  const checksum = checksumOf(draft)
  const text = form === "text"
  return {
    form,
    content: draft.content.value,
    ...(text && !draft.escapes.value ? { escapes: false } : {}),
    ...(text && draft.encoding.value !== "" ? { encoding: draft.encoding.value } : {}),
    ...(text && draft.ending.value !== "none" ? { ending: draft.ending.value } : {}),
    ...(checksum === undefined ? {} : { checksum }),
  }
}

/** Puts a payload into a draft, such as one of the history. */
export const fillDraft = (draft: Draft, spec: PayloadSpec): void => {
  draft.form.value = spec.form
  draft.content.value = spec.content
  draft.escapes.value = spec.escapes ?? true
  draft.encoding.value = spec.encoding ?? ""
  draft.ending.value = spec.ending ?? "none"
  draft.checksum.value = spec.checksum?.kind ?? ""
  draft.order.value = spec.checksum?.order ?? ""
  draft.from.value = spec.checksum?.from?.toString() ?? ""
  draft.to.value = spec.checksum?.to?.toString() ?? ""
  draft.at.value = spec.checksum?.at?.toString() ?? ""
}

import { type Signal, signal } from "@preact/signals"
import type { ChecksumSpec, LineEnding, PayloadForm, PayloadSpec } from "../../../domain/assistant/Payload.ts"
import { isBoolean, isOneOf, isString, keptHere } from "./kept.ts"

export const forms = ["text", "hex", "base64", "file"] as const satisfies ReadonlyArray<PayloadForm>
export const endings = ["none", "lf", "crlf", "cr"] as const satisfies ReadonlyArray<LineEnding>

/**
 * The payload in a form. An empty encoding means the encoding of the recipient. An empty checksum means no checksum.
 */
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

/** Makes a draft that survives a reload, stored under a name. */
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

/** Makes a draft that does not survive a reload, such as the reply of a rule. */
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

/** The first offset field of the checksum with an invalid number, if any. */
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

/** The current payload of a draft. It reads the signals, so effects and computed signals that call it depend on them. */
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

/** Fills a draft with a payload, for example from the history. */
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

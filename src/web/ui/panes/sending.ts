import type { Outcome } from "../../../domain/assistant/Outcome.ts"
import { everyone } from "../../../domain/assistant/Recipients.ts"
import type { Answer, Trouble } from "../link/ask.ts"
import { type Draft, specOf, wrongOffset } from "../state/Draft.ts"
import { tell, type WindowModel } from "../state/WindowModel.ts"
import { words } from "../words/index.ts"
import { recipientsOfText } from "./recipients.ts"

/** The error in the fields of a draft that the page finds without the server, if any. */
export const troubleOfDraft = (draft: Draft): Trouble | undefined =>
  wrongOffset(draft) === undefined ? undefined : { reason: "value", message: words.value.badOffset, field: "checksum" }

/** Sends the payload of the send box to the recipients in `To`. */
export const sendDraft = (model: WindowModel, then: (answer: Answer<Outcome>) => void): void => {
  const trouble = troubleOfDraft(model.draft)
  if (trouble !== undefined) {
    then({ ok: false, trouble })
    return
  }
  const payload = specOf(model.draft)
  if (model.kind === "client") {
    tell(model, { _tag: "Send", payload }, then)
    return
  }
  recipientsOfText(model.to.value, (to) => {
    if (!to.ok) then({ ok: false, trouble: { ...to.trouble, field: "to" } })
    else tell(model, { _tag: "Send", to: to.value ?? everyone, payload }, then)
    return undefined
  })
}

/** Starts a repeat of the payload of the send box. */
export const repeatDraft = (model: WindowModel, then: (answer: Answer<Outcome>) => void): void => {
  const w = words.value
  const trouble = troubleOfDraft(model.draft)
  if (trouble !== undefined) {
    then({ ok: false, trouble })
    return
  }
  const interval = Number(model.every.value)
  if (!(interval >= 1 && interval <= 86_400_000)) {
    then({ ok: false, trouble: { reason: "value", message: w.badInterval, field: "interval" } })
    return
  }
  const times = model.times.value.trim()
  if (times !== "" && !/^[1-9]\d{0,8}$/.test(times)) {
    then({ ok: false, trouble: { reason: "value", message: w.badTimes, field: "times" } })
    return
  }
  const payload = specOf(model.draft)
  const how = { payload, interval, ...(times === "" ? {} : { count: Number(times) }) }
  if (model.kind === "client") {
    tell(model, { _tag: "Repeat", ...how }, then)
    return
  }
  recipientsOfText(model.to.value, (to) => {
    if (!to.ok) then({ ok: false, trouble: { ...to.trouble, field: "to" } })
    else tell(model, { _tag: "Repeat", to: to.value ?? everyone, ...how }, then)
    return undefined
  })
}

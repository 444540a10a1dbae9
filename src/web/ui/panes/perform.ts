import type { Command } from "../../../domain/assistant/Command.ts"
import { toast } from "../state/toasts.ts"
import { tell, type WindowModel } from "../state/WindowModel.ts"
import { troubleText } from "../words/trouble.ts"

/**
 * Has a command of the form carried out, and puts the reason of a refusal beside its fields. An attempt that the user has
 * ended meanwhile needs no reason. `done` is called when the command has succeeded.
 */
export const perform = (model: WindowModel, command: Command, done?: () => void): void => {
  model.formTrouble.value = undefined
  model.formBusy.value = true
  tell(model, command, (answer) => {
    model.formBusy.value = false
    if (answer.ok) done?.()
    else if (answer.trouble.reason !== "ended") model.formTrouble.value = answer.trouble
  })
}

/** Has a command carried out that belongs to no field. */
export const tellOrToast = (model: WindowModel, command: Command, done?: () => void): void => {
  tell(model, command, (answer) => {
    if (answer.ok) done?.()
    else toast(troubleText(answer.trouble).what, "problem")
  })
}

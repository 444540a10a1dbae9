import type { Command } from "../../../domain/assistant/Command.ts"
import { toast } from "../state/toasts.ts"
import { tell, type WindowModel } from "../state/WindowModel.ts"
import { troubleText } from "../words/trouble.ts"

/**
 * Executes a command of the form, and shows the reason of a refusal in the form. If the user has ended an attempt, the
 * form shows no reason. `perform` calls `done` after a success.
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

/** Executes a command that belongs to no field. A toast shows the reason of a refusal. */
export const tellOrToast = (model: WindowModel, command: Command, done?: () => void): void => {
  tell(model, command, (answer) => {
    if (answer.ok) done?.()
    else toast(troubleText(answer.trouble).what, "problem")
  })
}

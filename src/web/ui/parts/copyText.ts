import { toast } from "../state/toasts.ts"
import { words } from "../words/index.ts"

/** Copies a text by a selection, because `navigator.clipboard` exists only over https and on the loopback address. */
const copyBySelection = (text: string): boolean => {
  const area = document.createElement("textarea")
  area.value = text
  area.className = "unseen"
  document.body.append(area)
  const focused = document.activeElement
  area.select()
  const done = document.execCommand("copy")
  area.remove()
  if (focused instanceof HTMLElement) focused.focus()
  return done
}

/** Copies a text, then calls `then` with whether the copy succeeded. */
export const copyText = (text: string, then: (done: boolean) => void): void => {
  const end = (done: boolean): void => {
    if (!done) toast(words.value.notCopied, "problem")
    then(done)
  }
  if (!window.isSecureContext) {
    end(copyBySelection(text))
    return
  }
  navigator.clipboard.writeText(text).then(
    () => end(true),
    () => end(copyBySelection(text)),
  )
}

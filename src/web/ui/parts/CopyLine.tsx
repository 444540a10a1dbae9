import { useSignal } from "@preact/signals"
import { words } from "../words/index.ts"
import { copyText } from "./copyText.ts"
import { Icon } from "./Icon.tsx"

/** A command line with a button that copies it. */
export const CopyLine = ({ text }: { readonly text: string }) => {
  const copied = useSignal(false)
  return (
    <span class="copy-line">
      <code>{text}</code>
      <button
        type="button"
        class="quiet"
        onClick={() =>
          copyText(text, (done) => {
            copied.value = done
          })
        }
      >
        <Icon name="copy" />
        {copied.value ? words.value.copied : words.value.copy}
      </button>
    </span>
  )
}

import { IconButton } from "../parts/IconButton.tsx"
import { dismiss, toasts } from "../state/toasts.ts"
import { words } from "../words/index.ts"

export const Toasts = () => (
  <div class="toasts" role="status" aria-live="polite">
    {toasts.value.map((toast) => (
      <div key={toast.key} class={`toast toast-${toast.tone}`}>
        <span>{toast.text}</span>
        <IconButton icon="cross" label={words.value.dismiss} onClick={() => dismiss(toast.key)} />
      </div>
    ))}
  </div>
)

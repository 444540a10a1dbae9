import { signal } from "@preact/signals"

export interface Toast {
  readonly key: number
  readonly text: string
  readonly tone: "plain" | "problem"
}

/** Messages that belong to no field. The page shows the latest four. */
export const toasts = signal<ReadonlyArray<Toast>>([])

let next = 0

export const dismiss = (key: number): void => {
  toasts.value = toasts.value.filter((toast) => toast.key !== key)
}

export const toast = (text: string, tone: Toast["tone"] = "plain"): void => {
  const key = next++
  toasts.value = [...toasts.value.slice(-3), { key, text, tone }]
  setTimeout(() => dismiss(key), tone === "problem" ? 10_000 : 4000)
}

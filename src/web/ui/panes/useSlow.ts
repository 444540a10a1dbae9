import { type ReadonlySignal, useSignal, useSignalEffect } from "@preact/signals"

/** Whether a signal has been true for 200 ms. A shorter operation needs no spinner. */
export const useSlow = (busy: ReadonlySignal<boolean>): ReadonlySignal<boolean> => {
  const slow = useSignal(false)
  useSignalEffect(() => {
    if (!busy.value) {
      slow.value = false
      return
    }
    const timer = setTimeout(() => {
      slow.value = true
    }, 200)
    return () => clearTimeout(timer)
  })
  return slow
}

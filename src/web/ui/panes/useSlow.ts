import { type ReadonlySignal, useSignal, useSignalEffect } from "@preact/signals"

/** Whether something has been true for 200 ms: what is over sooner needs no spinner. */
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

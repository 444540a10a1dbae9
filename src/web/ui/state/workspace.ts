import { computed, effect, signal } from "@preact/signals"
import type { LocalAddress, Tab } from "../../api/Api.ts"
import { ask } from "../link/ask.ts"
import { link } from "../link/client.ts"
import { streamBufferSize, watch } from "../link/watch.ts"
import { keptHere } from "./kept.ts"
import { keepModels, modelOf } from "./WindowModel.ts"

/** The windows of the workspace; `undefined` until the server sends them. */
export const tabs = signal<ReadonlyArray<Tab> | undefined>(undefined)

const isNumber = (value: unknown): value is number => typeof value === "number"
const chosen = keptHere("tab", 0, isNumber)

/**
 * The window that the page shows. It is the chosen window, before any choice the first window, and after the chosen
 * window was closed the last window.
 */
export const current = computed(
  () => tabs.value?.find((tab) => tab.tab === chosen.value) ?? tabs.value?.at(chosen.value === 0 ? 0 : -1),
)

/** The model of the shown window. The object stays the same while the window is open. */
export const currentModel = computed(() => (current.value === undefined ? undefined : modelOf(current.value)))

export const choose = (tab: number): void => {
  chosen.value = tab
}

export const about = signal<{ readonly version: string; readonly attachedTo: "ui" | "serve" | "connect" } | undefined>(
  undefined,
)
export const addresses = signal<ReadonlyArray<LocalAddress>>([])
export const choices = signal<{ readonly encodings: ReadonlyArray<string>; readonly checksums: ReadonlyArray<string> }>(
  {
    encodings: [],
    checksums: [],
  },
)

/** Reads the addresses of the machine again, because they change with its networks. */
export const readAddresses = (): void => {
  ask(
    (calls) => calls.Addresses(),
    (answer) => {
      if (answer.ok) addresses.value = answer.value
    },
  )
}

/** Watches the workspace until the page ends. */
export const followWorkspace = (): void => {
  watch(
    (calls) => calls.Tabs(undefined, { streamBufferSize }),
    (value) => {
      keepModels(value)
      tabs.value = value
    },
  )
  effect(() => {
    if (link.value !== "up") return
    readAddresses()
    ask(
      (calls) => calls.About(),
      (answer) => {
        if (answer.ok) about.value = answer.value
      },
    )
    ask(
      (calls) => calls.Choices(),
      (answer) => {
        if (answer.ok) choices.value = answer.value
      },
    )
  })
}

import { type Signal, signal } from "@preact/signals"

/** A storage that may be forbidden or full: the page works without it then. */
const read = (storage: () => Storage, key: string): unknown => {
  try {
    const text = storage().getItem(key)
    return text === null ? undefined : JSON.parse(text)
  } catch {
    return undefined
  }
}

const write = (storage: () => Storage, key: string, value: unknown): void => {
  try {
    storage().setItem(key, JSON.stringify(value))
  } catch {
    // The value lasts as long as the page then.
  }
}

const makeKept =
  (storage: () => Storage) =>
  <A>(key: string, fallback: A, valid: (value: unknown) => value is A): Signal<A> => {
    const name = `tcpfx.${key}`
    const stored = read(storage, name)
    const kept = signal(valid(stored) ? stored : fallback)
    let first = true
    kept.subscribe((value) => {
      if (!first) write(storage, name, value)
      first = false
    })
    return kept
  }

/** A signal whose value outlives a reload of this tab of the browser. */
export const keptHere = makeKept(() => sessionStorage)

/** A signal whose value outlives the tab of the browser. */
export const keptForAll = makeKept(() => localStorage)

export const isString = (value: unknown): value is string => typeof value === "string"
export const isBoolean = (value: unknown): value is boolean => typeof value === "boolean"
export const isOneOf =
  <const A extends ReadonlyArray<unknown>>(choices: A) =>
  (value: unknown): value is A[number] =>
    choices.includes(value)

/** Forgets what was kept of one window. */
export const forget = (prefix: string): void => {
  try {
    for (const key of Object.keys(sessionStorage)) {
      if (key.startsWith(`tcpfx.${prefix}`)) sessionStorage.removeItem(key)
    }
  } catch {
    // There was nothing to forget.
  }
}

import { type Signal, signal } from "@preact/signals"

/** Reads a value from a storage of the browser. The page also works if the browser forbids the storage. */
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
    // The storage is full or forbidden: the value lasts until the next reload.
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

/** A signal whose value survives a reload, in this tab of the browser. */
export const keptHere = makeKept(() => sessionStorage)

/** A signal whose value survives the end of the tab. All tabs of the browser share the value. */
export const keptForAll = makeKept(() => localStorage)

export const isString = (value: unknown): value is string => typeof value === "string"
export const isBoolean = (value: unknown): value is boolean => typeof value === "boolean"
export const isOneOf =
  <const A extends ReadonlyArray<unknown>>(choices: A) =>
  (value: unknown): value is A[number] =>
    choices.includes(value)

/** Deletes the stored values of one window. */
export const forget = (prefix: string): void => {
  try {
    for (const key of Object.keys(sessionStorage)) {
      if (key.startsWith(`tcpfx.${prefix}`)) sessionStorage.removeItem(key)
    }
  } catch {
    // The browser forbids the storage, so it has no values.
  }
}

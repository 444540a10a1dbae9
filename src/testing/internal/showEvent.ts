import { showBytes } from "./showBytes.ts"

/** Shows a value in one line. Bytes appear as text with escapes. */
const show = (value: unknown): string => {
  if (value instanceof Uint8Array) return showBytes(value)
  if (Array.isArray(value)) return `[${value.map(show).join(", ")}]`
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? String(value)
  return `{ ${fieldsOf(value).join(", ")} }`
}

const fieldsOf = (value: object): ReadonlyArray<string> =>
  Object.entries(value).map(([name, field]) => `${name}: ${show(field)}`)

/** Shows an event in one line: its tag, then its fields. */
export const showEvent = (event: { readonly _tag: string }): string => {
  const { _tag, ...fields } = event
  return [_tag, fieldsOf(fields).join(", ")].join(" ").trimEnd()
}

/** Shows an expected event in one line. */
export const showPattern = (pattern: unknown): string =>
  typeof pattern === "object" && pattern !== null && "_tag" in pattern && typeof pattern._tag === "string"
    ? showEvent({ ...pattern, _tag: pattern._tag })
    : String(pattern)

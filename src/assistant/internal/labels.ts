import type * as Assistant from "../../domain/assistant/index.ts"
import { escapeControls } from "../../domain/index.ts"
import { refusal } from "./refusals.ts"

const longestLabel = 64

const problemOf = (text: string, what: "name" | "tag"): string | undefined => {
  if ([...text].length > longestLabel) return `the ${what} is longer than ${longestLabel} characters`
  if (escapeControls(text) !== text || /^\s|\s$/u.test(text)) return `the ${what} contains invisible characters`
  return /^[@!]|[",]/u.test(text)
    ? `a ${what} must not start with @ or !, or contain a comma or a quotation mark`
    : undefined
}

const labelRefused = (text: string, what: "name" | "tag"): Assistant.Refusal | undefined => {
  const problem = problemOf(text, what)
  return problem === undefined ? undefined : refusal("value", problem, { field: what })
}

/** The reason why a text cannot be the name of a client; `undefined` if it can. The empty text removes the name. */
export const nameRefused = (name: string): Assistant.Refusal | undefined => labelRefused(name, "name")

/** The reason why a text cannot be a tag; `undefined` if it can. */
export const tagRefused = (tag: string): Assistant.Refusal | undefined =>
  tag === "" ? refusal("value", "the tag is empty", { field: "tag" }) : labelRefused(tag, "tag")

/** The reason why a text cannot be the name of a rule or a macro; `undefined` if it can. */
export const entryRefused = (name: string, what: "rule" | "macro"): Assistant.Refusal | undefined => {
  if (name.trim() === "") return refusal("value", `the ${what} has no name`, { field: "name" })
  if (escapeControls(name) === name) return undefined
  return refusal("value", `the name of the ${what} contains invisible characters`, { field: "name" })
}

import type { Document, YAMLMap, YAMLSeq } from "yaml"
import { type Plain, plainMacro, plainRepeat, plainRule } from "./fileForm.ts"
import type { Project } from "./Project.ts"
import type { ReadProject, Yaml } from "./readText.ts"

type PlainMap = { readonly [key: string]: Plain }

const heading = " Rules, repeats and macros of tcpfx. The documentation of the assistant describes this file."

/** A document that contains only a heading. */
export const newDocument = (yaml: Yaml): Document => {
  const document = new yaml.Document({}, { schema: "failsafe" })
  document.commentBefore = heading
  return document
}

/**
 * Writes a project into the document that was read before. Returns `undefined` if nothing has changed. Unchanged items
 * keep their form and their comments. A changed item keeps the comments at its unchanged parts.
 */
export const writeText = (
  yaml: Yaml,
  read: Pick<ReadProject, "document" | "project">,
  project: Project,
): string | undefined => {
  const changed = [
    section(yaml, read.document, "rules", read.project.rules.map(plainRule), project.rules.map(plainRule)),
    section(yaml, read.document, "repeats", read.project.repeats.map(plainRepeat), project.repeats.map(plainRepeat)),
    section(yaml, read.document, "macros", read.project.macros.map(plainMacro), project.macros.map(plainMacro)),
  ]
  return changed.includes(true) ? read.document.toString({ lineWidth: 0 }) : undefined
}

const same = (a: Plain | undefined, b: Plain | undefined): boolean => JSON.stringify(a) === JSON.stringify(b)

/** Writes the items of one section. Returns whether the section has changed. */
const section = (
  yaml: Yaml,
  document: Document,
  key: string,
  before: ReadonlyArray<PlainMap>,
  after: ReadonlyArray<PlainMap>,
): boolean => {
  if (before.length === after.length && before.every((item, index) => same(item, after[index]))) return false
  const nodes = itemsOf(yaml, document, key)
  const left = before.map((plain, index) => ({ plain, node: nodes.items[index] }))
  const take = (fits: (plain: PlainMap) => boolean) => {
    const index = left.findIndex(({ plain }) => fits(plain))
    return index < 0 ? undefined : left.splice(index, 1)[0]
  }
  // Unchanged items are matched first, so that a changed item cannot take the node of an unchanged one.
  const kept = after.map((plain) => take((old) => same(old, plain)))
  const items = after.map((plain, index) => {
    const old =
      kept[index] ?? (plain["name"] === undefined ? undefined : take((item) => item["name"] === plain["name"]))
    if (old === undefined || !yaml.isMap(old.node)) return nodeOf(yaml, document, plain)
    change(yaml, document, old.node, old.plain, plain)
    return old.node
  })
  spread(yaml, items)
  nodes.items = items
  // Only the flow style can represent an empty list: `[]`.
  nodes.flow = items.length === 0
  return true
}

/**
 * Puts a blank line between all items if there was one between some items. Puts no blank line before the first item.
 */
const spread = (yaml: Yaml, items: ReadonlyArray<unknown>): void => {
  const nodes = items.filter((item) => yaml.isNode(item))
  const isSpread = nodes.some(({ spaceBefore }) => spaceBefore === true)
  for (const [index, node] of nodes.entries()) node.spaceBefore = isSpread && index > 0
}

const itemsOf = (yaml: Yaml, document: Document, key: string): YAMLSeq => {
  const found = document.get(key, true)
  if (yaml.isSeq(found)) {
    // The parser attaches a comment above the first item to the list. There, the comment would not move or disappear
    // with the item.
    const [first] = found.items
    if (yaml.isNode(first) && found.commentBefore && !first.commentBefore) {
      first.commentBefore = found.commentBefore
      found.commentBefore = null
    }
    return found
  }
  // A file that contains only comments has no map yet.
  const contents = yaml.isMap(document.contents) ? document.contents : new yaml.YAMLMap(document.schema)
  if (contents.items.length === 0) contents.flow = false
  document.contents = contents
  const made = new yaml.YAMLSeq(document.schema)
  const empty = contents.items.find((pair) => yaml.isScalar(pair.key) && pair.key.value === key)
  if (empty !== undefined) {
    const comment = yaml.isNode(found) ? (found.commentBefore ?? found.comment) : undefined
    if (comment) made.commentBefore = comment
    empty.value = made
    return made
  }
  const pair = document.createPair(key, made)
  if (yaml.isScalar(pair.key)) pair.key.spaceBefore = contents.items.length > 0
  contents.add(pair)
  return made
}

// A rule has its actions under one of these keys.
const actionKeys = ["reply", "do"]

const change = (yaml: Yaml, document: Document, node: YAMLMap, before: PlainMap, after: PlainMap): void => {
  const actionsChanged = actionKeys.some((key) => !same(before[key], after[key]))
  if (actionsChanged) for (const key of actionKeys) if (after[key] === undefined) node.delete(key)
  for (const key of Object.keys(before)) if (after[key] === undefined && !actionKeys.includes(key)) node.delete(key)
  for (const [key, value] of Object.entries(after)) {
    const changed = actionKeys.includes(key) ? actionsChanged : !same(before[key], value)
    if (changed) node.set(key, nodeOf(yaml, document, value))
  }
}

const nodeOf = (yaml: Yaml, document: Document, plain: Plain) => {
  const node = document.createNode(plain)
  yaml.visit(node, {
    Scalar: (_, scalar) => {
      if (typeof scalar.value === "string" && needsQuotes(scalar.value)) scalar.type = "QUOTE_DOUBLE"
    },
  })
  return node
}

/**
 * Whether a string is always written in quotation marks, because it is empty or contains line ends or control
 * characters. YAML itself needs quotation marks in fewer cases.
 */
const needsQuotes = (text: string): boolean =>
  text === "" || /[\u0000-\u001f\u007f-\u009f\u2028\u2029\ufeff]/.test(text)

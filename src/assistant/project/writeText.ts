import type { Document, YAMLMap, YAMLSeq } from "yaml"
import { type Plain, plainMacro, plainRepeat, plainRule } from "./fileForm.ts"
import type { Project } from "./Project.ts"
import type { ReadProject, Yaml } from "./readText.ts"

type PlainMap = { readonly [key: string]: Plain }

const heading = " Rules, repeats and macros of tcpfx. The documentation of the assistant describes this file."

/** A document with nothing in it but a heading. */
export const newDocument = (yaml: Yaml): Document => {
  const document = new yaml.Document({}, { schema: "failsafe" })
  document.commentBefore = heading
  return document
}

/**
 * Writes a project into the document that was read before; nothing, where nothing has changed. What is as it was is left as
 * it stands there, with the comments beside it; an item that changed keeps the comments at what did not change.
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

/** Writes the items of one section, and says whether anything has changed in it. */
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
  // Items that did not change are found first, so that another one cannot take the place of one of them.
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
  // An empty list has no items to write below it.
  nodes.flow = items.length === 0
  return true
}

/** Leaves blank lines between items, where there were some, and none before the first one. */
const spread = (yaml: Yaml, items: ReadonlyArray<unknown>): void => {
  const nodes = items.filter((item) => yaml.isNode(item))
  const isSpread = nodes.some(({ spaceBefore }) => spaceBefore === true)
  for (const [index, node] of nodes.entries()) node.spaceBefore = isSpread && index > 0
}

const itemsOf = (yaml: Yaml, document: Document, key: string): YAMLSeq => {
  const found = document.get(key, true)
  if (yaml.isSeq(found)) {
    // A comment above the first item is given to the list, and would stay where it is when the item moves or goes.
    const [first] = found.items
    if (yaml.isNode(first) && found.commentBefore && !first.commentBefore) {
      first.commentBefore = found.commentBefore
      found.commentBefore = null
    }
    return found
  }
  // A file with nothing but comments in it has no map yet.
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

// A rule has its actions under one of these.
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

/** Whether a text is written in quotation marks although YAML needs none: it is empty, or has more than one line. */
const needsQuotes = (text: string): boolean =>
  text === "" || /[\u0000-\u001f\u007f-\u009f\u2028\u2029\ufeff]/.test(text)

/**
 * The input line of the console. `press` is a pure function from a line and a key to the next line. The cursor is
 * always between two graphemes (Unicode, UAX 29), so an emoji is one unit. `Intl.Segmenter` finds the words.
 */

/** A key as `node:readline` names it (`emitKeypressEvents`). */
export interface Key {
  readonly name?: string | undefined
  /** The characters that the terminal sent. */
  readonly sequence: string
  readonly ctrl?: boolean | undefined
  readonly meta?: boolean | undefined
  readonly shift?: boolean | undefined
}

/** A text, and the position of the cursor in it. */
export interface Place {
  readonly text: string
  /** The offset of the cursor, UTF-16 code units. */
  readonly cursor: number
}

/** The input line. */
export interface Line extends Place {
  /** The text that was cut last (Ctrl-U, Ctrl-K, Ctrl-W, Alt-D). Ctrl-Y inserts it. */
  readonly cut: string
  /** Earlier states, the latest last. Ctrl-_ returns to the latest. */
  readonly undo: ReadonlyArray<Place>
  /** The lines entered before, the latest last. */
  readonly history: ReadonlyArray<string>
  /** The search in the history, by Up and Down; `undefined` if no search is in progress. */
  readonly search: Search | undefined
  /** The text of a paste in progress (bracketed paste, mode 2004). */
  readonly pasted: string | undefined
  /** The kind of the last change. Characters typed in a row are undone together, and parts cut in a row are joined. */
  readonly last: "insert" | "cut" | "other"
}

interface Search {
  /** The unfinished line at the start of the search. */
  readonly draft: Place
  /** The text before the cursor of the draft. The search finds only lines that begin with it. */
  readonly prefix: string
  /** The index of the shown line in the history. */
  readonly at: number
}

/** The action that a key requests from the console. */
export type Reply = "edited" | "submit" | "complete" | "interrupt" | "end" | "suspend" | "redraw" | "tooLong" | "none"

/** The next line, and the action for the console. */
export interface Step {
  readonly line: Line
  readonly reply: Reply
}

// The maximum number of steps that can be undone. Older steps are forgotten.
const mostUndo = 100
/** The longest paste that is inserted, UTF-16 code units. */
export const mostPasted = 256 * 1024

/** An empty line with a history. */
export const emptyLine = (history: ReadonlyArray<string> = []): Line => ({
  text: "",
  cursor: 0,
  cut: "",
  undo: [],
  history,
  search: undefined,
  pasted: undefined,
  last: "other",
})

const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" })
const words = new Intl.Segmenter(undefined, { granularity: "word" })

// `containing` reads only the text around an offset, so handling a key takes as little time in a long line as in a
// short line.

/** The offset of the grapheme before the cursor, or 0. */
export const before = (text: string, cursor: number): number =>
  graphemes.segment(text).containing(cursor - 1)?.index ?? 0

/** The offset after the grapheme that follows the cursor, or the length. */
export const behind = (text: string, cursor: number): number => {
  const found = graphemes.segment(text).containing(cursor)
  return found === undefined ? text.length : found.index + found.segment.length
}

/** The first boundary of graphemes at or after `offset`. */
const boundaryFrom = (text: string, offset: number): number =>
  graphemes.segment(text).containing(offset)?.index === offset ? offset : behind(text, offset)

/** The start of the word before the cursor. */
const wordBefore = (text: string, cursor: number): number => {
  const found = words.segment(text)
  let word = found.containing(cursor - 1)
  while (word !== undefined && word.isWordLike !== true) word = found.containing(word.index - 1)
  return word?.index ?? 0
}

/** The end of the word after the cursor. */
const wordBehind = (text: string, cursor: number): number => {
  const found = words.segment(text)
  let word = found.containing(cursor)
  while (word !== undefined && word.isWordLike !== true) word = found.containing(word.index + word.segment.length)
  return word === undefined ? text.length : word.index + word.segment.length
}

const move = (line: Line, cursor: number): Step => ({
  line: { ...line, cursor, search: undefined, last: "other" },
  reply: "edited",
})

/** The steps to undo, with the current state as the latest. */
const remembered = ({ cursor, text, undo }: Line): ReadonlyArray<Place> => [...undo, { text, cursor }].slice(-mostUndo)

/** Replaces the part between `from` and `to` by `text`, and puts the cursor after `text`. */
const replace = (line: Line, from: number, to: number, text: string, last: Line["last"]): Line => {
  const joins = last === "insert" && line.last === "insert"
  const undo = joins ? line.undo : remembered(line)
  const changed = line.text.slice(0, from) + text + line.text.slice(to)
  // The end of `text` need not be a boundary: a combining character after it forms one grapheme with it.
  const cursor = boundaryFrom(changed, from + text.length)
  return { ...line, text: changed, cursor, undo, search: undefined, last }
}

/** Removes all control characters but LF and tab from a text. CR and CR LF become LF. */
export const cleanText = (text: string): string => text.replaceAll(/\r\n?/g, "\n").replaceAll(/[^\P{Cc}\n\t]/gu, "")

/** Inserts a text at the cursor. */
const insert = (line: Line, text: string): Line => {
  const clean = cleanText(text)
  return clean === "" ? line : replace(line, line.cursor, line.cursor, clean, "insert")
}

const remove = (line: Line, from: number, to: number): Step =>
  from === to ? { line, reply: "none" } : { line: replace(line, from, to, "", "other"), reply: "edited" }

/** Removes a part and keeps it for Ctrl-Y. Parts that are cut in a row are joined. */
const cutOut = (line: Line, from: number, to: number): Step => {
  if (from === to) return { line, reply: "none" }
  const part = line.text.slice(from, to)
  const before = line.last === "cut" ? line.cut : ""
  const cut = to <= line.cursor ? part + before : before + part
  return { line: { ...replace(line, from, to, "", "cut"), cut }, reply: "edited" }
}

const undoOne = (line: Line): Step => {
  const previous = line.undo.at(-1)
  if (previous === undefined) return { line, reply: "none" }
  return {
    line: { ...line, ...previous, undo: line.undo.slice(0, -1), search: undefined, last: "other" },
    reply: "edited",
  }
}

/** Goes to an older line that begins with the text before the cursor. */
const older = (line: Line): Step => {
  const { cursor, history, text } = line
  const search = line.search ?? { draft: { text, cursor }, prefix: text.slice(0, cursor), at: history.length }
  for (let at = search.at - 1; at >= 0; at--) {
    const found = history[at] as string
    if (found.startsWith(search.prefix) && found !== text) return show(line, { ...search, at }, found)
  }
  return { line, reply: "none" }
}

/** Goes to a newer line that begins with the same text. After the newest one, returns to the draft. */
const newer = (line: Line): Step => {
  const { history, search, text } = line
  if (search === undefined) return { line, reply: "none" }
  for (let at = search.at + 1; at < history.length; at++) {
    const found = history[at] as string
    if (found.startsWith(search.prefix) && found !== text) return show(line, { ...search, at }, found)
  }
  return {
    line: { ...line, ...search.draft, undo: remembered(line), search: undefined, last: "other" },
    reply: "edited",
  }
}

const show = (line: Line, search: Search, text: string): Step => ({
  line: { ...line, text, cursor: text.length, undo: remembered(line), search, last: "other" },
  reply: "edited",
})

/** The line after a submission. It is empty, and its history ends with the submitted text. */
export const submitted = (line: Line, most = 1000): Line => {
  const { history, text } = line
  const isKept = text.trim() !== "" && history.at(-1) !== text
  return { ...emptyLine(isKept ? [...history, text].slice(-most) : history), cut: line.cut }
}

const endPaste = (line: Line): Step => {
  const { pasted = "" } = line
  const before: Line = { ...line, pasted: undefined, last: "other" }
  if (pasted.length > mostPasted) return { line: before, reply: "tooLong" }
  return { line: { ...insert(before, pasted), last: "other" }, reply: "edited" }
}

/** Applies a key to a line. */
export const press = (line: Line, key: Key): Step => {
  const { cursor, text } = line
  if (key.name === "paste-start") return { line: { ...line, pasted: "" }, reply: "none" }
  if (key.name === "paste-end") return endPaste(line)
  if (line.pasted !== undefined) {
    // The paste is inserted as a whole at its end, because the cost of an insertion grows with the line.
    const pasted = line.pasted.length > mostPasted ? line.pasted : line.pasted + key.sequence
    return { line: { ...line, pasted }, reply: "none" }
  }
  const chord = key.ctrl === true ? controls[key.name ?? ""] : key.meta === true ? metas[key.name ?? ""] : undefined
  if (chord !== undefined) return chord(line)
  if (key.sequence === "\u001f") return undoOne(line)
  if (key.ctrl === true) return { line, reply: "none" }
  switch (key.name) {
    case "return":
    case "enter":
      return { line, reply: "submit" }
    case "tab":
      return { line, reply: "complete" }
    case "left":
      return move(line, before(text, cursor))
    case "right":
      return move(line, behind(text, cursor))
    case "home":
      return move(line, 0)
    case "end":
      return move(line, text.length)
    case "up":
      return older(line)
    case "down":
      return newer(line)
    case "backspace":
      return remove(line, before(text, cursor), cursor)
    case "delete":
      return remove(line, cursor, behind(text, cursor))
    default:
      return key.meta === true || !isText(key.sequence)
        ? { line, reply: "none" }
        : { line: insert(line, key.sequence), reply: "edited" }
  }
}

/** Whether a key sends text: no escape sequence and no control character. */
const isText = (sequence: string): boolean => sequence !== "" && !/\p{Cc}/u.test(sequence)

type Chord = (line: Line) => Step

const controls: Readonly<Record<string, Chord>> = {
  a: (line) => move(line, 0),
  e: (line) => move(line, line.text.length),
  b: (line) => move(line, before(line.text, line.cursor)),
  f: (line) => move(line, behind(line.text, line.cursor)),
  left: (line) => move(line, wordBefore(line.text, line.cursor)),
  right: (line) => move(line, wordBehind(line.text, line.cursor)),
  p: older,
  n: newer,
  h: (line) => remove(line, before(line.text, line.cursor), line.cursor),
  d: (line) => (line.text === "" ? { line, reply: "end" } : remove(line, line.cursor, behind(line.text, line.cursor))),
  w: (line) => cutOut(line, wordBefore(line.text, line.cursor), line.cursor),
  u: (line) => cutOut(line, 0, line.cursor),
  k: (line) => cutOut(line, line.cursor, line.text.length),
  y: (line) =>
    line.cut === ""
      ? { line, reply: "none" }
      : { line: replace(line, line.cursor, line.cursor, line.cut, "other"), reply: "edited" },
  _: undoOne,
  c: (line) => ({ line, reply: "interrupt" }),
  z: (line) => ({ line, reply: "suspend" }),
  l: (line) => ({ line, reply: "redraw" }),
  j: (line) => ({ line, reply: "submit" }),
}

const metas: Readonly<Record<string, Chord>> = {
  b: (line) => move(line, wordBefore(line.text, line.cursor)),
  left: (line) => move(line, wordBefore(line.text, line.cursor)),
  f: (line) => move(line, wordBehind(line.text, line.cursor)),
  right: (line) => move(line, wordBehind(line.text, line.cursor)),
  d: (line) => cutOut(line, line.cursor, wordBehind(line.text, line.cursor)),
  backspace: (line) => cutOut(line, wordBefore(line.text, line.cursor), line.cursor),
}

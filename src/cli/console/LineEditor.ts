/**
 * The input line of the console: a pure function from a line and a key to the next line. The cursor stands between two
 * graphemes (Unicode, UAX 29), and words are those of `Intl.Segmenter`, so an emoji or a word with an umlaut is one unit.
 */

/** A key as `node:readline` names it (`emitKeypressEvents`). */
export interface Key {
  readonly name?: string | undefined
  /** What the terminal sent. */
  readonly sequence: string
  readonly ctrl?: boolean | undefined
  readonly meta?: boolean | undefined
  readonly shift?: boolean | undefined
}

/** A text and the place of the cursor in it. */
export interface Place {
  readonly text: string
  /** Offset of the cursor, UTF-16 code units. */
  readonly cursor: number
}

/** The input line. */
export interface Line extends Place {
  /** What was cut last (Ctrl-U, Ctrl-K, Ctrl-W, Alt-D); Ctrl-Y puts it back. */
  readonly cut: string
  /** Earlier texts, the latest last; Ctrl-_ goes back. */
  readonly undo: ReadonlyArray<Place>
  /** Lines entered earlier, the latest last. */
  readonly history: ReadonlyArray<string>
  /** The line that was being typed when a search in the history began; none while no search runs. */
  readonly search: Search | undefined
  /** What came of a paste that has not ended (bracketed paste, mode 2004). */
  readonly pasted: string | undefined
  /** The kind of the last change: typed characters that follow one another are undone together. */
  readonly last: "insert" | "cut" | "other"
}

interface Search {
  readonly draft: Place
  /** What stands before the cursor of the draft: only lines that begin with it are found. */
  readonly prefix: string
  /** Index into the history. */
  readonly at: number
}

/** What the console does after a key. */
export type Reply = "edited" | "submit" | "complete" | "interrupt" | "end" | "suspend" | "redraw" | "tooLong" | "none"

/** The next line, and what the console does. */
export interface Step {
  readonly line: Line
  readonly reply: Reply
}

// The oldest steps are forgotten.
const mostUndo = 100
/** A longer paste is not inserted, UTF-16 code units. */
export const mostPasted = 256 * 1024

/** An empty line over a history. */
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

// `containing` looks at the text around an offset only, so a key costs the same in a long line as in a short one.

/** The offset one grapheme before, or 0. */
export const before = (text: string, cursor: number): number =>
  graphemes.segment(text).containing(cursor - 1)?.index ?? 0

/** The offset one grapheme behind, or the length. */
export const behind = (text: string, cursor: number): number => {
  const found = graphemes.segment(text).containing(cursor)
  return found === undefined ? text.length : found.index + found.segment.length
}

/** The first offset between two graphemes that is not before `offset`. */
const boundaryFrom = (text: string, offset: number): number =>
  graphemes.segment(text).containing(offset)?.index === offset ? offset : behind(text, offset)

/** The begin of the word before the cursor. */
const wordBefore = (text: string, cursor: number): number => {
  const found = words.segment(text)
  let word = found.containing(cursor - 1)
  while (word !== undefined && word.isWordLike !== true) word = found.containing(word.index - 1)
  return word?.index ?? 0
}

/** The end of the word behind the cursor. */
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

/** The earlier texts with the present one. */
const remembered = ({ cursor, text, undo }: Line): ReadonlyArray<Place> => [...undo, { text, cursor }].slice(-mostUndo)

/** Replaces `from` to `to` by `text`, and puts the cursor behind it. */
const replace = (line: Line, from: number, to: number, text: string, last: Line["last"]): Line => {
  const joins = last === "insert" && line.last === "insert"
  const undo = joins ? line.undo : remembered(line)
  const changed = line.text.slice(0, from) + text + line.text.slice(to)
  // A combining character joins what stands before it: the cursor goes to the next place between two graphemes.
  const cursor = boundaryFrom(changed, from + text.length)
  return { ...line, text: changed, cursor, undo, search: undefined, last }
}

/** A text without control characters other than LF and tab. */
export const cleanText = (text: string): string => text.replaceAll(/\r\n?/g, "\n").replaceAll(/[^\P{Cc}\n\t]/gu, "")

/** Inserts a text at the cursor. */
const insert = (line: Line, text: string): Line => {
  const clean = cleanText(text)
  return clean === "" ? line : replace(line, line.cursor, line.cursor, clean, "insert")
}

const remove = (line: Line, from: number, to: number): Step =>
  from === to ? { line, reply: "none" } : { line: replace(line, from, to, "", "other"), reply: "edited" }

/** Removes a part and keeps it for Ctrl-Y. Parts that are cut one after another are kept together. */
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

/** Goes to an older line that begins as this one does. */
const older = (line: Line): Step => {
  const { cursor, history, text } = line
  const search = line.search ?? { draft: { text, cursor }, prefix: text.slice(0, cursor), at: history.length }
  for (let at = search.at - 1; at >= 0; at--) {
    const found = history[at] as string
    if (found.startsWith(search.prefix) && found !== text) return show(line, { ...search, at }, found)
  }
  return { line, reply: "none" }
}

/** Goes to a newer line that begins as the draft does, and at last to the draft itself. */
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

/** The line behind a submission: empty, with the submitted text as the latest of the history. */
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
    // The text is inserted once, at its end: the costs of an insertion grow with the line.
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

/** Whether a key sends text, and no escape sequence or control character. */
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

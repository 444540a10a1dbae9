/**
 * A pattern for a text of tcpfx, and the text in Chinese. In a Chinese text, `$1` stands for the first group of the
 * pattern.
 */
export type Pattern = readonly [text: RegExp, chinese: string | ((...groups: ReadonlyArray<string>) => string)]

/** The Chinese text for the first pattern that matches; `undefined` if no pattern matches. */
export const find = (patterns: ReadonlyArray<Pattern>, text: string): string | undefined => {
  for (const [pattern, chinese] of patterns) {
    const match = pattern.exec(text)
    if (match === null) continue
    const groups = match.slice(1)
    if (typeof chinese === "function") return chinese(...groups)
    return chinese.replace(/\$(\d)/g, (_, number: string) => groups[Number(number) - 1] ?? "")
  }
  return undefined
}

/** Translates a word. A word without a translation stays in English. */
export const named = (words: Readonly<Record<string, string>>, word = ""): string => words[word] ?? word

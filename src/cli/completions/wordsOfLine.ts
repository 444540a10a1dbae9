/**
 * Splits a command line of bash at blanks, with its quotation marks and backslashes. The last word is the one before
 * the cursor, which may be empty. Only the words after the last `;`, `|`, `&` or newline outside of quotation marks
 * count.
 */
export const wordsOfLine = (line: string): ReadonlyArray<string> => {
  let words: Array<string> = [""]
  let quote = ""
  for (let at = 0; at < line.length; at++) {
    const character = line[at] ?? ""
    const last = words.length - 1
    if (quote === "" && /[;|&\n]/.test(character)) words = [""]
    else if (quote === "" && /\s/.test(character)) {
      if (words[last] !== "" || /["']\s$/.test(line.slice(0, at + 1))) words.push("")
    } else if (character === "\\" && quote !== "'") words[last] += line[++at] ?? ""
    else if (character === quote) quote = ""
    else if (quote === "" && /["']/.test(character)) quote = character
    else words[last] += character
  }
  return words
}

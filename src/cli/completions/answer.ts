import type { Completion } from "./complete.ts"

/** The shells that have completions. `sh` is another name of bash, as it was in earlier versions. */
export const shells = ["bash", "zsh", "fish"] as const
export type Shell = (typeof shells)[number]

const mostHelp = 80

// Control characters would break the lines of the answer, or reach the terminal. Names come from files.
const isSafe = (text: string): boolean => !/[\p{Cc}\p{Cf}\u2028\u2029]/u.test(text)

const shortened = (help: string): string => {
  const sentence = help.split(/[.;] /, 1)[0]?.replace(/\.$/, "") ?? ""
  return sentence.length <= mostHelp ? sentence : `${sentence.slice(0, mostHelp - 1)}…`
}

// bash inserts a candidate unchanged, so blanks and other characters of the shell need a backslash.
const escapedForBash = (word: string): string => word.replace(/[^\p{L}\p{N}_@%+=:,./[\]-]/gu, "\\$&")

/**
 * bash splits words at some characters (COMP_WORDBREAKS), and replaces only the last part. So the candidates omit the
 * text before this part.
 */
const lastPart = (current: string, word: string): string => {
  const kept = /^.*[=:@]/s.exec(current)?.[0] ?? ""
  return word.startsWith(kept) ? word.slice(kept.length) : word
}

/**
 * The answer to a shell: the first line says which paths the shell adds (`none`, `file` or `folder`) and the part of
 * the word before the path; each further line has a candidate and, after a tab, its description.
 */
export const answer = (shell: Shell, current: string, { candidates, paths, prefix }: Completion): string => {
  const rows = candidates
    .filter(({ word }) => isSafe(word))
    .map(({ help, word }) =>
      shell === "bash"
        ? escapedForBash(lastPart(current, word))
        : `${word}\t${isSafe(help) ? shortened(help) : ""}`.replace(/\t$/, ""),
    )
  return [`${paths} ${prefix}`, ...rows].map((line) => `${line}\n`).join("")
}

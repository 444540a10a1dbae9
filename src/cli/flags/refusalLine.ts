import type { Refusal } from "../../domain/assistant/index.ts"

/** A refusal of the assistant as one line: what is wrong, then what to do. */
export const refusalLine = ({ advice, message }: Pick<Refusal, "advice" | "message">): string =>
  advice === undefined ? message : `${message}; ${advice.replace(/^[A-Z](?=[a-z ])/, lower).replace(/\.$/, "")}`

const lower = (letter: string): string => letter.toLowerCase()

import type { StdioService } from "../process/stdio.ts"

/** Whether standard input and output are a terminal that can move its cursor. A console needs such a terminal. */
export const canHaveConsole = (
  { inputKind, outputIsTerminal }: Pick<StdioService, "inputKind" | "outputIsTerminal">,
  { TERM = "" }: NodeJS.ProcessEnv,
): boolean => inputKind === "terminal" && outputIsTerminal && TERM !== "dumb" && TERM !== ""

import type { StdioService } from "../process/stdio.ts"

/** Whether a console can be shown: standard input and output are a terminal that can move its cursor. */
export const canHaveConsole = (
  { inputKind, outputIsTerminal }: Pick<StdioService, "inputKind" | "outputIsTerminal">,
  { TERM = "" }: NodeJS.ProcessEnv,
): boolean => inputKind === "terminal" && outputIsTerminal && TERM !== "dumb" && TERM !== ""

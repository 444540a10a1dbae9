/** The work could not be done: exit code 1. */
export class WorkFailed extends Error {}

/** The command line was not understood: exit code 2. */
export class BadArguments extends Error {}

/** Says in one line why the program ends. */
export const endWith = (error: unknown): never => {
  const message = error instanceof Error ? error.message : String(error)
  process.stderr.write(`load: ${message}\n`)
  return process.exit(error instanceof BadArguments ? 2 : 1)
}

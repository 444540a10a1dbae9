/**
 * Returns the code of an error that Node throws, such as `ECONNRESET`. Returns `otherwise` if the error has no code.
 * The messages of errors differ between versions of Node, but the codes do not.
 */
export const errorCode = (error: unknown, otherwise: string = "UNKNOWN"): string =>
  typeof error === "object" && error !== null && "code" in error && typeof error.code === "string"
    ? error.code
    : otherwise

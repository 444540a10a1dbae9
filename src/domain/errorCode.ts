/**
 * Returns the code of an error that Node throws, such as `ECONNRESET`, or `otherwise`. The texts of errors differ
 * between versions of Node, and the codes do not.
 */
export const errorCode = (error: unknown, otherwise: string = "UNKNOWN"): string =>
  typeof error === "object" && error !== null && "code" in error && typeof error.code === "string"
    ? error.code
    : otherwise

/**
 * The system's code of an error that Node throws, such as `ECONNRESET`, or `otherwise`. Node changes the texts of errors
 * between versions, but not the codes.
 */
export const errorCode = (error: unknown, otherwise: string = "UNKNOWN"): string =>
  typeof error === "object" && error !== null && "code" in error && typeof error.code === "string"
    ? error.code
    : otherwise

/** The system's code of an error that Node throws, such as `ECONNRESET`. Node changes the texts of errors, but not the codes. */
export const errorCode = (error: unknown): string =>
  typeof error === "object" && error !== null && "code" in error && typeof error.code === "string"
    ? error.code
    : "UNKNOWN"

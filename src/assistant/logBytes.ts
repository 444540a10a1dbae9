/** The default size limit of a log, bytes. */
export const defaultLogBytes = 64 * 1024 * 1024

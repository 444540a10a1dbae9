/** What a log may hold, bytes, where nothing else is said. */
export const defaultLogBytes = 64 * 1024 * 1024

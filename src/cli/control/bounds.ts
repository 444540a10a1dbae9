/** The longest line of a command on a control socket, bytes. */
export const mostCommandBytes = 4096

/** The most clients in one answer of a control socket, and so in one table. */
export const mostRows = 500

/** The code for a client that closes its connection before it sends a byte of TLS, as a health check of a TCP port does. */
export const noHello = "ERR_TLS_NO_HELLO"

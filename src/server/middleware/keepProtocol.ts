/**
 * Copies the protocol of a handler to the handler that wraps it, so that the server finds the framing of a handler
 * behind middleware.
 */
export const keepProtocol = <W extends object>(handler: object, wrapped: W): W =>
  "protocol" in handler ? Object.assign(wrapped, { protocol: handler.protocol }) : wrapped

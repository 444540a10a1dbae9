/**
 * Gives the protocol of a handler to the handler that wraps it. So the server takes the framing of the protocol, also
 * through middleware.
 */
export const keepProtocol = <W extends object>(handler: object, wrapped: W): W =>
  "protocol" in handler ? Object.assign(wrapped, { protocol: handler.protocol }) : wrapped

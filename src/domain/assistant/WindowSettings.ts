import * as Schema from "effect/Schema"

const text = Schema.optional(Schema.String)

/**
 * Settings of a new window, each in the written form of its flag (`30s`, `64KiB`). A setting that is missing or empty is that
 * of the program that opens the window.
 */
export const WindowSettings = Schema.Struct({
  /** A framing, such as `line` or `len:u16be`. */
  frame: text,
  maxFrame: text,
  idleTimeout: text,
  /** For a server: connections open at once. */
  maxConns: text,
  /** For a server: the path of its certificate and the chain to its CA (PEM). With it the server speaks TLS. */
  tlsCert: text,
  /** For a server: the path of the key (PEM). Default: the key is in the file of the certificate. */
  tlsKey: text,
  /** For a client. */
  connectTimeout: text,
  /** For a client: the path of the CA certificates that it trusts (PEM), in place of those that come with Node. */
  tlsCa: text,
})
export type WindowSettings = typeof WindowSettings.Type

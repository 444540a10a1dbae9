import * as Schema from "effect/Schema"

const text = Schema.optional(Schema.String)

/**
 * The settings of a new window, each in the written form of its flag (`30s`, `64KiB`). If a setting is missing or
 * empty, the window uses the setting of the program that opens it.
 */
export const WindowSettings = Schema.Struct({
  /** A framing, such as `line` or `len:u16be`. */
  frame: text,
  maxFrame: text,
  idleTimeout: text,
  /** For a server: the maximum number of open connections. */
  maxConns: text,
  /**
   * For a server: the path of a PEM file with its certificate and the chain to its CA. With this setting, the server
   * uses TLS.
   */
  tlsCert: text,
  /** For a server: the path of a PEM file with the key. Default: the key is in the file of the certificate. */
  tlsKey: text,
  /** For a client: the deadline of connecting. */
  connectTimeout: text,
  /**
   * For a client: the path of a PEM file with the CA certificates to trust. They replace the CA certificates of Node.
   */
  tlsCa: text,
})
export type WindowSettings = typeof WindowSettings.Type

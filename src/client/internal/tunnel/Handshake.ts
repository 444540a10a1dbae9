/** The failure of a handshake with a proxy. `problem` is a sentence about the proxy, such as "it refuses ...". */
export interface TunnelFailure {
  readonly reason: "ProxyRefused" | "ProxyAuthFailed" | "ProxyInvalid"
  readonly problem: string
}

/** The next step of a handshake. */
export type HandshakeStep =
  | { readonly _tag: "NeedMore" }
  | { readonly _tag: "Send"; readonly bytes: Uint8Array }
  /** The tunnel is open. `rest`: the bytes after the proxy's answer, which are from the target. */
  | { readonly _tag: "Open"; readonly rest: Uint8Array }
  | ({ readonly _tag: "Failed" } & TunnelFailure)

/** The protocol of a handshake with a proxy, without I/O. */
export interface Handshake {
  /** The first bytes to send. */
  readonly first: Uint8Array
  /** Processes bytes from the proxy, which can be cut at any place. */
  readonly push: (bytes: Uint8Array) => HandshakeStep
}

export const needMore: HandshakeStep = { _tag: "NeedMore" }

export const failed = (reason: TunnelFailure["reason"], problem: string): HandshakeStep => ({
  _tag: "Failed",
  reason,
  problem,
})

export const joined = (kept: Uint8Array, bytes: Uint8Array): Uint8Array => {
  if (kept.length === 0) return bytes
  const all = new Uint8Array(kept.length + bytes.length)
  all.set(kept)
  all.set(bytes, kept.length)
  return all
}

/** How a handshake with a proxy failed: what it refused, in words. */
export interface TunnelFailure {
  readonly reason: "ProxyRefused" | "ProxyAuthFailed" | "ProxyInvalid"
  readonly problem: string
}

/** What to do after some bytes of a proxy. */
export type HandshakeStep =
  | { readonly _tag: "NeedMore" }
  | { readonly _tag: "Send"; readonly bytes: Uint8Array }
  /** The tunnel is open. `rest` is what came behind the proxy's answer: the first bytes of the target. */
  | { readonly _tag: "Open"; readonly rest: Uint8Array }
  | ({ readonly _tag: "Failed" } & TunnelFailure)

/** A handshake with a proxy, without the socket. */
export interface Handshake {
  /** What is sent first. */
  readonly first: Uint8Array
  /** Takes bytes of the proxy, however they are cut. */
  readonly push: (bytes: Uint8Array) => HandshakeStep
}

export const needMore: HandshakeStep = { _tag: "NeedMore" }

export const failed = (reason: TunnelFailure["reason"], problem: string): HandshakeStep => ({
  _tag: "Failed",
  reason,
  problem,
})

/** Joins what is kept with what came. */
export const joined = (kept: Uint8Array, bytes: Uint8Array): Uint8Array => {
  if (kept.length === 0) return bytes
  const all = new Uint8Array(kept.length + bytes.length)
  all.set(kept)
  all.set(bytes, kept.length)
  return all
}

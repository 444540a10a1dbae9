import { type CloseReason, closeReasons } from "../../domain/index.ts"
import type { WireEnd } from "../../transport/Wire.ts"

const vanished = new Set(["ETIMEDOUT", "EHOSTUNREACH", "ENETUNREACH", "EHOSTDOWN", "ENETDOWN"])

/** The reason for an end without a recorded reason: which side sent the first FIN, or the error of the kernel. */
export const reasonOfEnd = (end: WireEnd, peerEnded: boolean, localFirst: boolean): CloseReason => {
  if (end.code === undefined) return localFirst ? closeReasons.localClosed : closeReasons.peerClosed
  if (end.code === "ECONNRESET" || end.code === "EPIPE") {
    // A peer that closes both directions at once sends FIN, and answers later bytes with RST.
    return peerEnded ? closeReasons.peerClosed : closeReasons.peerReset
  }
  if (vanished.has(end.code)) return { _tag: "PeerVanished", code: end.code }
  return { _tag: "TransportFailed", code: end.code }
}

/** The reason for a close by this side. A close that answers the peer's FIN counts as the peer's close. */
export const reasonOfClose = (reason: CloseReason, peerEnded: boolean, localFirst: boolean): CloseReason =>
  peerEnded && !localFirst && reason._tag === "LocalClosed" ? closeReasons.peerClosed : reason

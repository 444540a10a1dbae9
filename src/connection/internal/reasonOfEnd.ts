import { type CloseReason, closeReasons } from "../../domain/index.ts"
import type { WireEnd } from "../../transport/Wire.ts"

const vanished = new Set(["ETIMEDOUT", "EHOSTUNREACH", "ENETUNREACH", "EHOSTDOWN", "ENETDOWN"])

/** Why a wire ended that nobody here has ended: who sent the first FIN, or what the system says. */
export const reasonOfEnd = (end: WireEnd, peerEnded: boolean, localFirst: boolean): CloseReason => {
  if (end.code === undefined) return localFirst ? closeReasons.localClosed : closeReasons.peerClosed
  if (end.code === "ECONNRESET" || end.code === "EPIPE") {
    // A peer that closes at once both ways shows as FIN; what is sent to it afterwards is answered with RST.
    return peerEnded ? closeReasons.peerClosed : closeReasons.peerReset
  }
  if (vanished.has(end.code)) return { _tag: "PeerVanished", code: end.code }
  return { _tag: "TransportFailed", code: end.code }
}

/** Whoever sent the first FIN closed it; a close that answers the peer's FIN is not this side's doing. */
export const reasonOfClose = (reason: CloseReason, peerEnded: boolean, localFirst: boolean): CloseReason =>
  peerEnded && !localFirst && reason._tag === "LocalClosed" ? closeReasons.peerClosed : reason

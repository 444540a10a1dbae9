import type * as net from "node:net"
import type * as tls from "node:tls"
import { errorCode } from "../../domain/errorCode.ts"

// The private parts of Node that TLS needs, all in this file. Each has an answer for a Node without it.

const isObject = (value: unknown): value is object => typeof value === "object" && value !== null

const memberOf = (value: unknown, name: string): unknown => (isObject(value) ? Reflect.get(value, name) : undefined)

/** The socket below a TLS socket of a `tls.Server`. Without it a connection is not let in. */
export const lowerOf = (socket: tls.TLSSocket): object | undefined => {
  const lower = memberOf(socket, "_parent")
  return isObject(lower) ? lower : undefined
}

// OpenSSL asks for the key of each ticket that it makes; 0 as the first element means: make none. The lengths are checked.
const noTicket = [0, ...Array.from({ length: 4 }, () => Buffer.alloc(16))]

/**
 * Makes a server send no session tickets, and accept none. Node has no option for that: `SSL_OP_NO_TICKET` stops tickets in
 * TLS 1.2 only. A ticket that a client never reads turns the client's close into a reset, which takes from this server
 * what the client had sent. Says whether it worked.
 */
export const sendNoTickets = (server: tls.Server): boolean => {
  // The first context of a server counts, whichever one the name of a client selects.
  const context = memberOf(memberOf(server, "_sharedCreds"), "context")
  const enable = memberOf(context, "enableTicketKeyCallback")
  if (!isObject(context) || typeof enable !== "function") return false
  Reflect.set(context, "onticketkeycallback", () => noTicket)
  Reflect.apply(enable, context, [])
  return true
}

/** What OpenSSL has found about the peer's certificate, while the handshake is under way; none if it is valid. */
export const verifyErrorOf = (socket: tls.TLSSocket): string | undefined => {
  const handle = memberOf(socket, "_handle")
  const verifyError = memberOf(handle, "verifyError")
  const error: unknown = typeof verifyError === "function" ? Reflect.apply(verifyError, handle, []) : undefined
  return isObject(error) ? errorCode(error) : undefined
}

const isReading = (lower: net.Socket): boolean => {
  const handle = memberOf(lower, "_handle")
  const readStart = memberOf(handle, "readStart")
  if (typeof readStart !== "function") return true
  // libuv refuses to start what has been started (UV_EALREADY), and stops reading before it tells the end of a stream.
  return Reflect.apply(readStart, handle, []) !== 0
}

/** How a peer has ended its side of TLS. */
export interface PeerEnd {
  /** Whether close_notify came (RFC 8446, section 6.1); none before the end. */
  closeNotify: boolean | undefined
}

/**
 * Watches how the peer ends its side. Node tells the end of the stream below and close_notify in the same way; only in the
 * moment in which it tells it does it show whether the stream below still reads.
 */
export const watchPeerEnd = (socket: tls.TLSSocket, lower: net.Socket): PeerEnd => {
  const end: PeerEnd = { closeNotify: undefined }
  const push = socket.push
  socket.push = (chunk: unknown, encoding?: BufferEncoding) => {
    // A socket that is paused does not read below, so what ends it came before it was paused.
    if (chunk === null)
      end.closeNotify ??= memberOf(memberOf(socket, "_handle"), "reading") === false || isReading(lower)
    return push.call(socket, chunk, encoding)
  }
  return end
}

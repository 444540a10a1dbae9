import type * as net from "node:net"
import * as tls from "node:tls"
import { errorCode } from "../../domain/errorCode.ts"

// The private parts of Node that TLS needs. Each function also has a result for a version of Node without the part.

const isObject = (value: unknown): value is object => typeof value === "object" && value !== null

const memberOf = (value: unknown, name: string): unknown => (isObject(value) ? Reflect.get(value, name) : undefined)

/**
 * The CA certificates that Node trusts without the option `ca`. From version 22.15 on, they include those of
 * `NODE_EXTRA_CA_CERTS`.
 */
export const defaultCas = (): ReadonlyArray<string> => {
  const get = memberOf(tls, "getCACertificates")
  const found: unknown = typeof get === "function" ? Reflect.apply(get, tls, ["default"]) : undefined
  return Array.isArray(found) ? found.filter((each) => typeof each === "string") : tls.rootCertificates
}

/** The socket below a TLS socket of a `tls.Server`. Without it, the connection is refused. */
export const lowerOf = (socket: tls.TLSSocket): object | undefined => {
  const lower = memberOf(socket, "_parent")
  return isObject(lower) ? lower : undefined
}

// OpenSSL requests a key for each ticket. A first element of 0 means that OpenSSL makes no ticket. Node checks the
// lengths of the other elements.
const noTicket = [0, ...Array.from({ length: 4 }, () => Buffer.alloc(16))]

/**
 * Makes a server send and accept no session tickets. Returns whether it succeeded. Node has no option for it:
 * `SSL_OP_NO_TICKET` stops tickets in TLS 1.2 only. If a client does not read a ticket, the client's close becomes a
 * reset, which destroys bytes that the client sent before.
 */
export const sendNoTickets = (server: tls.Server): boolean => {
  // OpenSSL uses the first context of a server, whichever context SNI selects.
  const context = memberOf(memberOf(server, "_sharedCreds"), "context")
  const enable = memberOf(context, "enableTicketKeyCallback")
  if (!isObject(context) || typeof enable !== "function") return false
  Reflect.set(context, "onticketkeycallback", () => noTicket)
  Reflect.apply(enable, context, [])
  return true
}

/**
 * The error that OpenSSL found in the peer's certificate during the handshake; `undefined` if the certificate is valid.
 */
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
  // `readStart` on a reading handle fails (UV_EALREADY). libuv stops reading before it reports the end of a stream.
  return Reflect.apply(readStart, handle, []) !== 0
}

/** How a peer ended its side of TLS. */
export interface PeerEnd {
  /** Whether close_notify was received (RFC 8446, section 6.1); `undefined` before the end. */
  closeNotify: boolean | undefined
}

/**
 * Watches how the peer ends its side. Node reports close_notify and the end of the stream below in the same way. The
 * only difference is the state of the stream below at that moment: after close_notify it still reads.
 */
export const watchPeerEnd = (socket: tls.TLSSocket, lower: net.Socket): PeerEnd => {
  const end: PeerEnd = { closeNotify: undefined }
  const push = socket.push
  socket.push = (chunk: unknown, encoding?: BufferEncoding) => {
    // A paused TLS socket does not read from the stream below, so close_notify came before the pause.
    if (chunk === null)
      end.closeNotify ??= memberOf(memberOf(socket, "_handle"), "reading") === false || isReading(lower)
    return push.call(socket, chunk, encoding)
  }
  return end
}

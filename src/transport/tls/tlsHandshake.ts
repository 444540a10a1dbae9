import type * as net from "node:net"
import type * as tls from "node:tls"
import type { TlsCertificate, TlsSession } from "../../domain/index.ts"
import { NodeWire } from "../node/nodeWire.ts"
import type { HandshakeCallbacks } from "../tlsTypes.ts"
import type { Wire } from "../Wire.ts"
import { alertNumber, plainAlert, sealedAlert } from "./tlsAlert.ts"
import { verifyErrorOf, watchPeerEnd } from "./tlsInside.ts"

const nameOf = (distinguished: string): string => distinguished.split("\n").join(", ")

const certificateOf = (socket: tls.TLSSocket): TlsCertificate | undefined => {
  const shown = socket.getPeerX509Certificate()
  return (
    shown && {
      subject: nameOf(shown.subject ?? ""),
      issuer: nameOf(shown.issuer ?? ""),
      ...(shown.subjectAltName ? { subjectAltName: shown.subjectAltName } : {}),
      fingerprint: shown.fingerprint256,
      validTo: Date.parse(shown.validTo),
    }
  )
}

const sessionOf = (socket: tls.TLSSocket, serverName: string | undefined): TlsSession => {
  const peer = certificateOf(socket)
  return {
    protocol: socket.getProtocol() ?? "unknown",
    cipher: socket.getCipher().standardName,
    ...(socket.alpnProtocol ? { alpn: socket.alpnProtocol } : {}),
    ...(serverName ? { serverName } : {}),
    ...(peer === undefined ? {} : { peer }),
  }
}

/** Milliseconds for which a refused peer may read the alert and close its side. */
const lingerMillis = 1000

/** A handshake in progress. It ends once: as a success, as a failure, or by `cancel`. */
export class Handshake {
  private readonly below: Wire
  private readonly lower: net.Socket
  private readonly callbacks: HandshakeCallbacks
  private isOver = false
  /** Whether the handshake has succeeded. From then on, the wire reports its own end. */
  private isSecured = false
  // --- the refusal of a client's certificate
  private refusal: string | undefined
  private isAlertSent = false
  private trafficSecret: Uint8Array | undefined
  private lingering: NodeJS.Timeout | undefined

  constructor(below: Wire, lower: net.Socket, callbacks: HandshakeCallbacks) {
    this.below = below
    this.lower = lower
    this.callbacks = callbacks
    // If the peer disconnects during the handshake, only the socket below reports it, and only without `allowHalfOpen`.
    lower.allowHalfOpen = false
    lower.once("close", () => {
      if (!this.isSecured) this.fail(this.refusal ?? "ECONNRESET")
    })
  }

  succeed(socket: tls.TLSSocket, serverName: string | undefined): void {
    if (this.isOver) return
    this.isSecured = true
    this.trafficSecret = undefined
    socket.allowHalfOpen = true
    const { local, remote } = this.below
    const { lower } = this
    const wire = new NodeWire(socket, local, remote, { lower, peerEnd: watchPeerEnd(socket, lower) })
    const session = sessionOf(socket, serverName)
    // In this turn OpenSSL is still in its handshake, and would send no close_notify if the connection ended.
    setImmediate(() => {
      if (this.isOver) return
      this.isOver = true
      this.callbacks.onSecured(wire, session)
    })
  }

  fail(code: string, detail?: string): void {
    if (this.isOver) return
    this.cancel()
    this.callbacks.onFailed(code, detail)
  }

  cancel(): void {
    this.isOver = true
    clearTimeout(this.lingering)
    this.lower.destroy()
  }

  /**
   * Receives a line of the key log of a server that requests certificates. With TLS 1.3 the line contains the secret
   * that encrypts the alert. With TLS 1.2 the line arrives before this side sends ChangeCipherSpec, which is the last
   * moment for a plain alert.
   */
  onSecret(socket: tls.TLSSocket, line: string): void {
    const [label, , secret] = line.trim().split(" ")
    if (label === "SERVER_TRAFFIC_SECRET_0" && secret !== undefined) {
      this.trafficSecret = Buffer.from(secret, "hex")
    } else if (label === "CLIENT_RANDOM" && !this.isAlertSent) {
      const code = socket.getPeerX509Certificate() === undefined ? "CERT_MISSING" : verifyErrorOf(socket)
      if (code === undefined) return
      this.isAlertSent = true
      this.lower.write(plainAlert(alertNumber(code, "TLSv1.2"), socket.getProtocol() ?? "TLSv1.2"))
    }
  }

  /**
   * Refuses the peer's certificate: sends the alert and FIN, then reads until the peer closes, for at most one second.
   * A close with unread bytes would send a reset, which can overtake the alert.
   */
  refuse(socket: tls.TLSSocket, code: string, sealsFirst: boolean): void {
    if (this.isOver) return
    this.refusal = code
    const { trafficSecret } = this
    // `sealedAlert` makes the first record under the traffic secret. If the server sends session tickets, they are the
    // first records, so the client could not decrypt the alert.
    if (socket.getProtocol() === "TLSv1.3" && trafficSecret !== undefined && sealsFirst) {
      const record = sealedAlert(alertNumber(code, "TLSv1.3"), socket.getCipher().standardName, trafficSecret)
      if (record !== undefined) this.lower.write(record)
    }
    this.lower.end()
    this.lingering = setTimeout(() => this.fail(code), lingerMillis)
    socket.on("error", () => {})
    socket.resume()
  }
}

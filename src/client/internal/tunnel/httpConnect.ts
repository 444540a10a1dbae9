import * as Encoding from "effect/Encoding"
import * as Redacted from "effect/Redacted"
import { escapeControls, formatEndpoint, type ProxyCredentials, type TcpEndpoint } from "../../../domain/index.ts"
import { failed, type Handshake, type HandshakeStep, joined, needMore } from "./Handshake.ts"

// The longest head of an answer, bytes. A longer one is an error.
const maxHeadBytes = 16 * 1024

const statusLine = /^HTTP\/1\.[01] ([0-9]{3})(?: ([^\r\n]*))?\r?\n/
const authenticationRequired = 407

const credentialsLine = ({ password, user }: ProxyCredentials): string =>
  `Proxy-Authorization: Basic ${Encoding.encodeBase64(`${user}:${Redacted.value(password)}`)}\r\n`

/**
 * The offset after the empty line that ends a head (RFC 9112, section 2.1). A bare LF ends a line too (section 2.2).
 */
const endOfHead = (bytes: Uint8Array): number | undefined => {
  for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) {
    if (bytes[at + 1] === 10) return at + 2
    if (bytes[at + 1] === 13 && bytes[at + 2] === 10) return at + 3
  }
  return undefined
}

const looksLikeHttp = (bytes: Uint8Array): boolean => {
  const start = "HTTP/1."
  return [...start].every((character, at) => bytes[at] === undefined || bytes[at] === character.charCodeAt(0))
}

/** The CONNECT request to an HTTP proxy (RFC 9110, section 9.3.6). */
export class HttpConnectHandshake implements Handshake {
  readonly first: Uint8Array
  private readonly hasCredentials: boolean
  private kept: Uint8Array = new Uint8Array(0)

  constructor(target: TcpEndpoint, credentials: ProxyCredentials | undefined) {
    const authority = formatEndpoint(target)
    this.hasCredentials = credentials !== undefined
    const login = credentials === undefined ? "" : credentialsLine(credentials)
    this.first = new TextEncoder().encode(`CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n${login}\r\n`)
  }

  push(bytes: Uint8Array): HandshakeStep {
    this.kept = joined(this.kept, bytes)
    if (!looksLikeHttp(this.kept)) return failed("ProxyInvalid", "its answer is not HTTP")
    const end = endOfHead(this.kept.subarray(0, maxHeadBytes))
    if (end === undefined) {
      return this.kept.length < maxHeadBytes
        ? needMore
        : failed("ProxyInvalid", `the head of its answer is longer than ${maxHeadBytes} bytes`)
    }
    const found = statusLine.exec(new TextDecoder().decode(this.kept.subarray(0, end)))
    if (found === null) return failed("ProxyInvalid", "its answer has no status line")
    const [, status = "", reason = ""] = found
    if (status.startsWith("2")) return { _tag: "Open", rest: this.kept.subarray(end) }
    const said = `${status} ${escapeControls(reason)}`.trim()
    if (Number(status) !== authenticationRequired) return failed("ProxyRefused", said)
    return failed(
      "ProxyAuthFailed",
      this.hasCredentials
        ? `it does not accept the user and the password (${said})`
        : `it asks for a user and a password (${said})`,
    )
  }
}

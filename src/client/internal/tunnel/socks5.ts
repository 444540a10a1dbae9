import * as Redacted from "effect/Redacted"
import { type ProxyCredentials, readIpBytes, type TcpEndpoint } from "../../../domain/index.ts"
import { failed, type Handshake, type HandshakeStep, joined, needMore } from "./Handshake.ts"

// RFC 1928, RFC 1929.
const version = 5
const noAuthentication = 0
const usernamePassword = 2
const noneAcceptable = 0xff
const connect = 1
const maxNameBytes = 255

const replies: ReadonlyArray<string> = [
  "",
  "general failure",
  "its rules do not allow the connection",
  "the target's network is unreachable",
  "the target's host is unreachable",
  "the target refused the connection",
  "the attempt timed out",
  "it does not support CONNECT",
  "it does not support this kind of address",
]

/** The address field of a request: an IP address, or a name that the proxy looks up. */
const addressOf = (host: string): Uint8Array | undefined => {
  const ip = readIpBytes(host)
  if (ip !== undefined) return Uint8Array.of(ip.length === 4 ? 1 : 4, ...ip)
  const name = new TextEncoder().encode(host)
  return name.length <= maxNameBytes ? Uint8Array.of(3, name.length, ...name) : undefined
}

const requestOf = (address: Uint8Array, port: number): Uint8Array =>
  Uint8Array.of(version, connect, 0, ...address, port >> 8, port & 0xff)

const loginOf = ({ password, user }: ProxyCredentials): Uint8Array => {
  const encoder = new TextEncoder()
  const name = encoder.encode(user)
  const secret = encoder.encode(Redacted.value(password))
  return Uint8Array.of(1, name.length, ...name, secret.length, ...secret)
}

// The length of the bound address in a reply, with its port.
const boundBytes = (kind: number, first: number): number | undefined =>
  kind === 1 ? 6 : kind === 4 ? 18 : kind === 3 ? first + 3 : undefined

/** The CONNECT request to a SOCKS 5 proxy. */
export class Socks5Handshake implements Handshake {
  readonly first: Uint8Array
  private readonly target: TcpEndpoint
  private readonly credentials: ProxyCredentials | undefined
  private kept: Uint8Array = new Uint8Array(0)
  private awaited: "method" | "login" | "reply" = "method"

  constructor(target: TcpEndpoint, credentials: ProxyCredentials | undefined) {
    this.target = target
    this.credentials = credentials
    const methods = credentials === undefined ? [noAuthentication] : [noAuthentication, usernamePassword]
    this.first = Uint8Array.of(version, methods.length, ...methods)
  }

  push(bytes: Uint8Array): HandshakeStep {
    this.kept = joined(this.kept, bytes)
    const step = this.step()
    // Bytes that arrive before their request are not an answer to it. Without this failure the handshake would wait
    // forever for the real answer.
    return step._tag === "Send" && this.kept.length > 0
      ? failed("ProxyInvalid", "it sent data before the request")
      : step
  }

  private step(): HandshakeStep {
    if (this.awaited === "method") return this.method()
    return this.awaited === "login" ? this.login() : this.reply()
  }

  private method(): HandshakeStep {
    const [spoken, chosen] = this.kept
    if (spoken !== undefined && spoken !== version) return failed("ProxyInvalid", "its answer is not SOCKS 5")
    if (chosen === undefined) return needMore
    this.kept = this.kept.subarray(2)
    if (chosen === noAuthentication) return this.ask()
    if (chosen === usernamePassword && this.credentials !== undefined) {
      this.awaited = "login"
      return { _tag: "Send", bytes: loginOf(this.credentials) }
    }
    if (chosen !== noneAcceptable) return failed("ProxyInvalid", `it chose a method that was not offered (${chosen})`)
    const problem =
      this.credentials === undefined ? "it asks for a user and a password" : "it does not support a user and a password"
    return failed("ProxyAuthFailed", problem)
  }

  private login(): HandshakeStep {
    const [, status] = this.kept
    if (status === undefined) return needMore
    if (status !== 0) return failed("ProxyAuthFailed", "it does not accept the user and the password")
    this.kept = this.kept.subarray(2)
    return this.ask()
  }

  private ask(): HandshakeStep {
    this.awaited = "reply"
    const address = addressOf(this.target.host)
    return address === undefined
      ? failed("ProxyInvalid", `the target's name is longer than ${maxNameBytes} bytes`)
      : { _tag: "Send", bytes: requestOf(address, this.target.port) }
  }

  private reply(): HandshakeStep {
    const [spoken, reply, , kind, first] = this.kept
    if (spoken !== undefined && spoken !== version) return failed("ProxyInvalid", "its answer is not SOCKS 5")
    if (reply !== undefined && reply !== 0) return failed("ProxyRefused", replies[reply] ?? `reply ${reply}`)
    if (kind === undefined || first === undefined) return needMore
    const bound = boundBytes(kind, first)
    if (bound === undefined) return failed("ProxyInvalid", `its answer has an unknown kind of address (${kind})`)
    const end = 4 + bound
    return this.kept.length < end ? needMore : { _tag: "Open", rest: this.kept.subarray(end) }
  }
}

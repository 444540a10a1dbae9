import * as Schema from "effect/Schema"
import { type Endpoint, formatEndpoint } from "./Endpoint.ts"
import { endpointProblem } from "./endpointProblem.ts"
import { ReportedEndpoint } from "./errorEndpoints.ts"
import { unchecked } from "./errorOptions.ts"
import { escapeControls } from "./escapes.ts"
import { lacksZone, zoneAdvice } from "./ipAddress.ts"
import { invalidEndpoint, notSupportedAdvice, wrongFamilyAdvice } from "./ListenError.ts"
import { quoted } from "./syntaxErrors.ts"
import { describeTlsFailure } from "./tlsFailures.ts"
import { type TlsRemedy, tlsRemedyOf } from "./tlsRemedy.ts"

/** The reasons why an attempt to connect failed. */
export const connectFailures = [
  "Refused",
  "Timeout",
  "NameNotFound",
  "Unreachable",
  "PermissionDenied",
  "PathNotFound",
  "NotASocket",
  "TlsFailed",
  "ProxyUnreachable",
  "ProxyRefused",
  "ProxyAuthFailed",
  "ProxyInvalid",
  "SourceUnavailable",
  "WrongFamily",
  "NotSupported",
  "InvalidEndpoint",
  "Failed",
] as const
export type ConnectFailure = (typeof connectFailures)[number]

/**
 * Describes a failure and its remedy. `detail` is the answer of a proxy, or the problem with a proxy or a certificate.
 */
const connectAdvice = (
  endpoint: Endpoint,
  reason: ConnectFailure,
  code: string,
  detail: string | undefined,
): string => {
  const problem = detail ?? code
  switch (reason) {
    case "Refused":
      return endpoint._tag === "Unix"
        ? "connection refused; nothing listens there; check that the server is running"
        : "connection refused; nothing listens there, or a firewall rejects it"
    case "Timeout":
      if (detail !== undefined) return `no answer in time: ${detail}`
      return endpoint._tag === "Unix"
        ? "no answer in time; check that the server still accepts connections"
        : "no answer in time; the host is down, or a firewall drops the packets"
    case "NameNotFound":
      return endpoint._tag === "Tcp"
        ? `the name ${JSON.stringify(endpoint.host)} was not found; check the spelling, or give an IP address`
        : "the name was not found"
    case "Unreachable":
      if (endpoint._tag === "Tcp" && lacksZone(endpoint.host)) return zoneAdvice
      return "there is no route to that address; check the address and this machine's network"
    case "PermissionDenied":
      return endpoint._tag === "Unix"
        ? "permission denied; get write permission for that socket, or run as its owner"
        : "permission denied by this machine; check its firewall rules for outgoing connections"
    case "PathNotFound":
      return "there is no socket at that path; check the path, and that the server is running"
    case "NotASocket":
      return "there is a file at that path that is not a socket; check the path"
    case "TlsFailed":
      return `TLS with the server failed: ${detail ?? describeTlsFailure(code)}${tlsAdvice(code)}`
    case "ProxyUnreachable":
      return `the proxy cannot be reached: ${problem}`
    case "ProxyRefused":
      return `the proxy refused: ${problem}`
    case "ProxyAuthFailed":
      return `the proxy refused: ${problem}; check the proxy's user and password`
    case "ProxyInvalid":
      return `the proxy gave an invalid answer: ${problem}; check its address and its protocol`
    case "SourceUnavailable":
      if (code === "EADDRINUSE") return "the source port is in use; choose another one"
      return code === "EACCES"
        ? "source ports below 1024 need privileges; choose one from 1024 up"
        : "no interface of this machine has the source address; `tcpfx interfaces` lists its addresses"
    case "WrongFamily":
      return wrongFamilyAdvice
    case "NotSupported":
      return notSupportedAdvice
    case "InvalidEndpoint":
      return endpointProblem(endpoint) ?? invalidEndpoint
    case "Failed":
      // The kernel reports ECONNREFUSED for a RST before the handshake of TCP, and ECONNRESET for one after it.
      return code === "ECONNRESET"
        ? "the server accepted the connection and reset it at once; it may refuse this client"
        : `the system refused it with ${code}`
  }
}

const remedies: Readonly<Record<TlsRemedy, string>> = {
  name: "request a server name that the certificate has",
  trust: "trust the CA that signed it, or turn verification off",
  date: "check this machine's clock, have the certificate renewed, or turn verification off",
  certificate: "have the certificate replaced, or turn verification off",
  identity: "present a certificate",
  versions: "allow other versions of TLS",
  ciphers: "allow other ciphers and older versions, or present a certificate",
  legacy: "allow the weak settings of old devices",
  plain: "check the port, or connect without TLS",
}

const tlsAdvice = (code: string): string => {
  const remedy = tlsRemedyOf(code)
  return remedy === undefined ? "" : `; ${remedies[remedy]}`
}

const connectFields = {
  /** The endpoint. A text that is not an endpoint, as it was given. */
  endpoint: Schema.Union(ReportedEndpoint, Schema.String),
  reason: Schema.Literal(...connectFailures),
  /** The error code of the kernel, such as `ECONNREFUSED` (errno(3)), or of TLS. */
  code: Schema.String,
  /** The proxy, without its user and password. */
  proxy: Schema.optionalWith(Schema.String, { exact: true }),
  /**
   * The answer of the proxy, the reason why the proxy is unreachable, or the problem with a certificate, STARTTLS, a
   * handshake or an endpoint.
   */
  problem: Schema.optionalWith(Schema.String, { exact: true }),
}

/** A client could not connect. The failed attempt leaves nothing open. */
export class ConnectError extends Schema.TaggedError<ConnectError>("tcpfx/domain/ConnectError")(
  "ConnectError",
  connectFields,
) {
  constructor(fields: Schema.Struct.Constructor<typeof connectFields>) {
    super(fields, unchecked)
  }

  /** The part of the message after the endpoint: the failure and its remedy. */
  get advice(): string {
    const { code, endpoint, problem, reason } = this
    if (typeof endpoint === "string") return problem ?? invalidEndpoint
    return connectAdvice(endpoint, reason, code, problem)
  }

  override get message(): string {
    const way = this.proxy === undefined ? "" : ` by way of ${this.proxy}`
    const { endpoint } = this
    const target = typeof endpoint === "string" ? quoted(endpoint) : formatEndpoint(endpoint)
    return escapeControls(`cannot connect to ${target}${way}: ${this.advice}`)
  }
}

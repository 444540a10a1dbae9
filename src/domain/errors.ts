import * as Data from "effect/Data"
import { type CloseReason, describeCloseReason } from "./CloseReason.ts"
import { type Endpoint, formatEndpoint } from "./Endpoint.ts"
import { escapeControls } from "./escapes.ts"
import { notSupportedAdvice, wrongFamilyAdvice } from "./ListenError.ts"
import { describeTlsFailure, isCertificateFailure } from "./Tls.ts"

// Paths and payloads hold any character, and a message is one line.
const shown = (endpoint: Endpoint): string => escapeControls(formatEndpoint(endpoint))

/** Why dialling did not lead to a connection. */
export const connectFailures = [
  "Refused",
  "Timeout",
  "NameNotFound",
  "Unreachable",
  "PermissionDenied",
  "PathNotFound",
  "NotASocket",
  "TlsFailed",
  "WrongFamily",
  "NotSupported",
  "Failed",
] as const
export type ConnectFailure = (typeof connectFailures)[number]

const connectAdvice = (endpoint: Endpoint, reason: ConnectFailure, code: string): string => {
  switch (reason) {
    case "Refused":
      return endpoint._tag === "Unix"
        ? "connection refused; nothing listens there; check that the server is running"
        : "connection refused; nothing listens there, or a firewall rejects it"
    case "Timeout":
      return endpoint._tag === "Unix"
        ? "no answer in time; check that the server still accepts connections"
        : "no answer in time; the host is down, or a firewall drops the packets"
    case "NameNotFound":
      return endpoint._tag === "Tcp"
        ? `the name ${JSON.stringify(endpoint.host)} was not found; check the spelling, or give an IP address`
        : "the name was not found"
    case "Unreachable":
      return "there is no route to that address; check the address and this machine's network"
    case "PermissionDenied":
      return endpoint._tag === "Unix"
        ? "permission denied; ask for leave to write to that socket, or run as its owner"
        : "permission denied by this machine; check its firewall rules for outgoing connections"
    case "PathNotFound":
      return "there is no socket at that path; check the path, and that the server is running"
    case "NotASocket":
      return "there is a file at that path that is not a socket; check the path"
    case "TlsFailed":
      return `TLS with the server failed: ${describeTlsFailure(code)}${tlsAdvice(code)}`
    case "WrongFamily":
      return wrongFamilyAdvice
    case "NotSupported":
      return notSupportedAdvice
    case "Failed":
      return `the system refused it with ${code}`
  }
}

const tlsAdvice = (code: string): string => {
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID") return "; ask for the name that the certificate has"
  return isCertificateFailure(code) ? "; trust the CA that signed it, or do without verification" : ""
}

/** No connection could be made. Nothing is left open by the attempt. */
export class ConnectError extends Data.TaggedError("ConnectError")<{
  readonly endpoint: Endpoint
  readonly reason: ConnectFailure
  /** The system's own code, such as `ECONNREFUSED` (errno(3)). */
  readonly code: string
}> {
  override get message(): string {
    return `cannot connect to ${shown(this.endpoint)}: ${connectAdvice(this.endpoint, this.reason, this.code)}`
  }
}

/** What TLS was to be made of cannot be used. */
export class TlsError extends Data.TaggedError("TlsError")<{
  readonly part: "certificate" | "key" | "CA certificate"
  readonly problem: string
}> {
  override get message(): string {
    return `the ${this.part} cannot be used: ${this.problem}`
  }
}

/** The connection is closed or closing, so nothing more can be sent on it, or read from it. */
export class ConnectionClosedError extends Data.TaggedError("ConnectionClosedError")<{
  readonly reason: CloseReason
}> {
  override get message(): string {
    return `the connection is closed: ${describeCloseReason(this.reason)}`
  }
}

/** A command named a connection that the server does not have (any more). */
export class NoSuchConnectionError extends Data.TaggedError("NoSuchConnectionError")<{
  readonly id: number
}> {
  override get message(): string {
    return `there is no connection #${this.id}; it has ended, or never was`
  }
}

/** A subscription lagged further behind than its budget, and its policy was to be disconnected. */
export class SlowConsumerError extends Data.TaggedError("SlowConsumerError")<{
  readonly pendingBytes: number
  readonly budgetBytes: number
}> {
  override get message(): string {
    return `the subscriber is ${this.pendingBytes} bytes behind, its budget is ${this.budgetBytes}; take faster, or raise the budget`
  }
}

/** A payload could not be turned into a value, or a value into a payload. */
export class CodecError extends Data.TaggedError("CodecError")<{
  readonly codec: string
  readonly problem: string
}> {
  override get message(): string {
    return `${this.codec}: ${escapeControls(this.problem)}`
  }
}

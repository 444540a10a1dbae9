import * as Schema from "effect/Schema"
import { type Endpoint, formatEndpoint, type ListenEndpoint } from "./Endpoint.ts"
import { endpointProblem } from "./endpointProblem.ts"
import { ReportedEndpoint, ReportedListenEndpoint } from "./errorEndpoints.ts"
import { unchecked } from "./errorOptions.ts"
import { escapeControls } from "./escapes.ts"
import { isIpv6Text } from "./hostText.ts"
import { lacksZone, zoneAdvice } from "./ipAddress.ts"
import { quoted } from "./syntaxErrors.ts"

// A path may contain any character, and a message must stay on one line.
const shown = (endpoint: ListenEndpoint | string): string =>
  escapeControls(typeof endpoint === "string" ? quoted(endpoint) : formatEndpoint(endpoint))

/** The reasons why a listener could not start. */
export const listenFailures = [
  "AddressInUse",
  "AddressNotAvailable",
  "PermissionDenied",
  "NameNotFound",
  "PathNotFound",
  "NotASocket",
  "NotListening",
  "NotOpen",
  "WrongFamily",
  "NoIpv6",
  "NotSupported",
  "InvalidEndpoint",
  "Failed",
] as const
export type ListenFailure = (typeof listenFailures)[number]

/** The advice for `WrongFamily`. */
export const wrongFamilyAdvice =
  "it has no address of the requested family; give another address, or allow both IPv4 and IPv6"

/** The advice for an invalid endpoint of which no problem is known. */
export const invalidEndpoint = "the endpoint is invalid; check its host, port or path"

/** The advice for `NotSupported`. */
export const notSupportedAdvice =
  "abstract names need Linux and Node 22 or newer (older versions pad the name, so other programs cannot find it); give a path"

const inUseAdvice: Readonly<Record<ListenEndpoint["_tag"], string>> = {
  Tcp: "the port is in use; stop what listens there, choose another port, or use port 0 for a free one",
  Unix: "the path is in use; remove the file if nothing listens there any more, or choose another path",
  Fd: "this process already uses that descriptor; name each descriptor once",
}

const acceptedAdvice =
  "that descriptor is a connection, as inetd (nowait) and systemd (Accept=yes) pass it, not a listening socket; serve the connection on descriptor 0 with `tcpfx serve --inetd`"

const ipv4Instead: Readonly<Record<string, string>> = { "::": "0.0.0.0", "::1": "127.0.0.1" }

const listenAdvice = (endpoint: ListenEndpoint, reason: ListenFailure, code: string): string => {
  switch (reason) {
    case "AddressInUse":
      return inUseAdvice[endpoint._tag]
    case "AddressNotAvailable":
      if (endpoint._tag === "Tcp" && lacksZone(endpoint.host)) return zoneAdvice
      return "no interface of this machine has that address; `tcpfx interfaces` lists its addresses"
    case "PermissionDenied":
      return endpoint._tag === "Unix"
        ? "permission denied; choose a path in a folder that you can write to"
        : "permission denied; ports below 1024 need privileges, choose a port from 1024 up"
    case "NameNotFound":
      return "the name has no address; check the spelling, or give an IP address"
    case "PathNotFound":
      return "the folder of that path does not exist; create it, or choose another path"
    case "NotASocket":
      return endpoint._tag === "Fd"
        ? "that descriptor is not a socket; check the program that passes it"
        : "the file at that path is not a socket; choose another path"
    case "NotListening":
      if (code === "EISCONN") return acceptedAdvice
      return "that descriptor is not a listening stream socket; the program that passes it must call listen(2)"
    case "NotOpen":
      return "this process did not inherit that descriptor; check the number and the program that passes it"
    case "WrongFamily":
      return wrongFamilyAdvice
    case "NoIpv6":
      return `this machine has no IPv6; listen on ${(endpoint._tag === "Tcp" && ipv4Instead[endpoint.host]) || "an IPv4 address"}`
    case "NotSupported":
      return notSupportedAdvice
    case "InvalidEndpoint":
      return endpointProblem(endpoint) ?? invalidEndpoint
    case "Failed":
      return `the system refused it with ${code}`
  }
}

// By default, a listener on the IPv6 wildcard also accepts IPv4 connections.
const takesIpv4 = (one: ListenEndpoint, other: ListenEndpoint): boolean =>
  one._tag === "Tcp" && one.host === "::" && other._tag === "Tcp" && !isIpv6Text(other.host)

const conflictAdvice = (conflict: Endpoint, endpoint: ListenEndpoint): string => {
  const coversIpv4 = takesIpv4(conflict, endpoint) || takesIpv4(endpoint, conflict)
  const way = coversIpv4 ? ", or restrict [::] to IPv6 (--ipv6-only)" : ""
  return `this server already listens on ${shown(conflict)}, which overlaps; remove one of the two${way}`
}

const listenFields = {
  /** The endpoint. A text that is not an endpoint, as it was given. */
  endpoint: Schema.Union(ReportedListenEndpoint, Schema.String),
  reason: Schema.Literal(...listenFailures),
  /** The error code of the kernel, such as `EADDRINUSE` (errno(3)). */
  code: Schema.String,
  /** The overlapping endpoint on which the same server already listens. */
  conflict: Schema.optionalWith(ReportedEndpoint, { exact: true }),
  /** The problem with a text that is not an endpoint. */
  problem: Schema.optionalWith(Schema.String, { exact: true }),
}

/** A listener could not start. The failed attempt leaves nothing open. */
export class ListenError extends Schema.TaggedError<ListenError>("tcpfx/domain/ListenError")(
  "ListenError",
  listenFields,
) {
  constructor(fields: Schema.Struct.Constructor<typeof listenFields>) {
    super(fields, unchecked)
  }

  /** The part of the message after the endpoint: the failure and its remedy. */
  get advice(): string {
    const { code, conflict, endpoint, reason } = this
    if (typeof endpoint === "string") return this.problem ?? invalidEndpoint
    return conflict === undefined ? listenAdvice(endpoint, reason, code) : conflictAdvice(conflict, endpoint)
  }

  override get message(): string {
    return `cannot listen on ${shown(this.endpoint)}: ${this.advice}`
  }
}

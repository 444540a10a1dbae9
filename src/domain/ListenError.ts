import * as Data from "effect/Data"
import { type Endpoint, formatEndpoint, type ListenEndpoint } from "./Endpoint.ts"
import { endpointProblem } from "./endpointProblem.ts"
import { escapeControls } from "./escapes.ts"
import { lacksZone, zoneAdvice } from "./ipAddress.ts"

// Paths hold any character, and a message is one line.
const shown = (endpoint: ListenEndpoint): string => escapeControls(formatEndpoint(endpoint))

/** Why listening did not start. */
export type ListenFailure =
  | "AddressInUse"
  | "AddressNotAvailable"
  | "PermissionDenied"
  | "NameNotFound"
  | "PathNotFound"
  | "NotASocket"
  | "NotListening"
  | "NotOpen"
  | "WrongFamily"
  | "NoIpv6"
  | "NotSupported"
  | "InvalidEndpoint"
  | "Failed"

/** What is said of a name or an address that has nothing of the family that was asked for. */
export const wrongFamilyAdvice =
  "it has no address of the family that was asked for; give another one, or do not ask for IPv4 or IPv6 alone"

/** What is said of an abstract name where there is no such thing. */
export const notSupportedAdvice =
  "abstract names need Linux and Node 22 or newer (older ones pad them, so that others do not find them); give a path"

const inUseAdvice: Readonly<Record<ListenEndpoint["_tag"], string>> = {
  Tcp: "the port is in use; stop what listens there, choose another port, or use port 0 for a free one",
  Unix: "the path is in use; remove the file if nothing listens there any more, or choose another path",
  Fd: "this process uses that descriptor already; name each one once",
}

const ipv4Instead: Readonly<Record<string, string>> = { "::": "0.0.0.0", "::1": "127.0.0.1" }

const listenAdvice = (endpoint: ListenEndpoint, reason: ListenFailure, code: string): string => {
  switch (reason) {
    case "AddressInUse":
      return inUseAdvice[endpoint._tag]
    case "AddressNotAvailable":
      if (endpoint._tag === "Tcp" && lacksZone(endpoint.host)) return zoneAdvice
      return "no interface of this machine has that address; `tcpfx interfaces` lists those it has"
    case "PermissionDenied":
      return endpoint._tag === "Unix"
        ? "permission denied; choose a path in a folder that you may write to"
        : "permission denied; ports below 1024 need privileges, choose a port from 1024 up"
    case "NameNotFound":
      return "the name has no address; check the spelling, or give an IP address"
    case "PathNotFound":
      return "the folder of that path does not exist; create it, or choose another path"
    case "NotASocket":
      return endpoint._tag === "Fd"
        ? "that descriptor is not a socket; check what this process was started with"
        : "there is a file at that path that is not a socket; choose another path"
    case "NotListening":
      return "that descriptor is not a listening stream socket; whoever passes it on must have called listen(2)"
    case "NotOpen":
      return "this process was not started with that descriptor; check the number, and who passes it on"
    case "WrongFamily":
      return wrongFamilyAdvice
    case "NoIpv6":
      return `this machine has no IPv6; listen on ${(endpoint._tag === "Tcp" && ipv4Instead[endpoint.host]) || "an IPv4 address"}`
    case "NotSupported":
      return notSupportedAdvice
    case "InvalidEndpoint":
      return endpointProblem(endpoint) ?? "it cannot be one; check its host, its port or its path"
    case "Failed":
      return `the system refused it with ${code}`
  }
}

// The wildcard of IPv6 takes IPv4 with it, which is what surprises.
const takesIpv4 = (one: ListenEndpoint, other: ListenEndpoint): boolean =>
  one._tag === "Tcp" && one.host === "::" && other._tag === "Tcp" && !other.host.includes(":")

const conflictAdvice = (conflict: Endpoint, endpoint: ListenEndpoint): string => {
  const isSurprise = takesIpv4(conflict, endpoint) || takesIpv4(endpoint, conflict)
  const way = isSurprise ? ", or keep [::] to IPv6 (--ipv6-only)" : ""
  return `this server listens on ${shown(conflict)} already, which overlaps it; leave one of them out${way}`
}

/** A listener could not be started. Nothing is left open by the attempt. */
export class ListenError extends Data.TaggedError("ListenError")<{
  readonly endpoint: ListenEndpoint
  readonly reason: ListenFailure
  /** The system's own code, such as `EADDRINUSE` (errno(3)). */
  readonly code: string
  /** Another endpoint of the same server that has the address already. */
  readonly conflict?: Endpoint
}> {
  /** What to do about it. */
  get advice(): string {
    const { code, conflict, endpoint, reason } = this
    return conflict === undefined ? listenAdvice(endpoint, reason, code) : conflictAdvice(conflict, endpoint)
  }

  override get message(): string {
    return `cannot listen on ${shown(this.endpoint)}: ${this.advice}`
  }
}

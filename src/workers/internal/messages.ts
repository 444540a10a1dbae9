import type { ConnectionEnd } from "../../connection/index.ts"
import type { Endpoint, RefusalRule, TlsSession } from "../../domain/index.ts"
import type { HostedEvent } from "../../server/ConnectionHost.ts"

/** The descriptor of the channel in a worker. Descriptor 3 is the one that passes sockets. */
export const channelDescriptor = 4

/** A command of the server to a worker. `ticket` names a connection, from 1 in the order in which the worker gets them. */
export type Command =
  | { readonly do: "watch" | "hold"; readonly on: boolean }
  | { readonly do: "drain" | "end" | "ping" }
  /** The worker answers with `done`: after its figures, or after all frames that its clients have published so far. */
  | { readonly do: "refresh" | "pass"; readonly number: number }
  | { readonly do: "halfClose" | "pause" | "resume" | "close" | "reset"; readonly ticket: number }

/** A report of a worker. */
export type Report =
  | { readonly is: "ready" | "pong" }
  | { readonly is: "opened"; readonly ticket: number; readonly tls?: TlsSession | undefined }
  | { readonly is: "refused"; readonly ticket: number; readonly rule: RefusalRule }
  /** The kernel has not passed the socket, such as for want of a descriptor. */
  | { readonly is: "lost"; readonly ticket: number }
  | { readonly is: "event"; readonly ticket: number; readonly event: HostedEvent }
  | { readonly is: "closed"; readonly ticket: number; readonly end: ConnectionEnd }
  | { readonly is: "done"; readonly number: number }
  | { readonly is: "failed"; readonly message: string }

/** The message beside the handle of a socket. */
export interface Handing {
  readonly ticket: number
  readonly local: Endpoint
  readonly remote: Endpoint
  /** Received bytes in base64. */
  readonly unread?: string
}

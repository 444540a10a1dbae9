import type * as Assistant from "../../domain/assistant/index.ts"
import { describeTls } from "../../domain/eventWords.ts"
import {
  type ClientEvent,
  ConnectError,
  describeCloseReason,
  type Endpoint,
  escapeControls,
  formatEndpoint,
} from "../../domain/index.ts"
import { connectRefused, problemFrom } from "./refusals.ts"

/** The part of the state of a client window that depends on the connection. */
type Phases = Pick<
  Assistant.ClientWindow,
  "phase" | "halfClosedBy" | "local" | "remote" | "tls" | "since" | "retryAt" | "attempt" | "problem"
>

const away: Phases = { phase: "disconnected", tls: "" }

/** The phase of a connection, derived from its events. */
export class ClientPhases {
  current: Phases = away

  /** Starts an attempt. The problem of the last attempt is discarded. */
  begin(): void {
    this.current = { ...away, phase: "connecting" }
  }

  /** Ends the attempts. The problem of the last attempt remains. */
  end(): void {
    const { problem } = this.current
    this.current = { ...away, ...(problem === undefined ? {} : { problem }) }
  }

  /** Records an attempt that was refused before it emitted an event. */
  fail(refusal: Assistant.Refusal): void {
    this.current = { ...away, problem: problemFrom(refusal) }
  }

  onEvent(event: ClientEvent): void {
    const { attempt, problem } = this.current
    const kept = {
      ...(attempt === undefined ? {} : { attempt }),
      ...(problem === undefined ? {} : { problem }),
    }
    switch (event._tag) {
      case "LookingUp":
        this.current = { ...away, ...kept, phase: "looking-up" }
        return
      case "Connecting":
        this.current = { ...away, ...kept, phase: "connecting" }
        return
      case "Connected":
        this.current = {
          phase: "connected",
          local: formatEndpoint(event.local),
          remote: formatEndpoint(event.remote),
          tls: describeTls(event.tls).slice(2, -1),
          since: event.at,
        }
        return
      case "HalfClosed":
        this.current = { ...this.current, phase: "half-closed", halfClosedBy: event.by }
        return
      case "Closing":
        this.current = { ...this.current, phase: "closing" }
        return
      case "Disconnected":
        this.current = { ...away, ...problemOfEnd(event) }
        return
      case "ConnectFailed":
        this.current = { ...away, ...kept, problem: problemOfAttempt(event.endpoint, event) }
        return
      case "Reconnecting":
        this.current = {
          ...away,
          phase: "reconnecting",
          attempt: event.attempt,
          retryAt: event.at + event.delayMillis,
          problem: problem ?? { message: escapeControls(event.cause) },
        }
        return
      case "GaveUp":
        this.current = { ...away, problem: problem ?? { message: escapeControls(event.cause) } }
        return
      default:
        return
    }
  }
}

const problemOfEnd = ({ reason }: Extract<ClientEvent, { readonly _tag: "Disconnected" }>): Pick<Phases, "problem"> =>
  reason._tag === "LocalClosed"
    ? {}
    : {
        problem: {
          message:
            reason._tag === "PeerClosed"
              ? "the server closed the connection"
              : `the connection ended: ${describeCloseReason(reason)}`,
        },
      }

const problemOfAttempt = (
  endpoint: Endpoint,
  { cause, code, reason }: Extract<ClientEvent, { readonly _tag: "ConnectFailed" }>,
): Assistant.Problem => {
  const { advice, ...rest } = problemFrom(connectRefused(new ConnectError({ endpoint, reason, code })))
  // Only the cause contains the answer of a proxy or the problem of a certificate.
  return reason.startsWith("Proxy") || reason === "TlsFailed"
    ? { ...rest, message: escapeControls(cause) }
    : { ...rest, ...(advice === undefined ? {} : { advice }) }
}

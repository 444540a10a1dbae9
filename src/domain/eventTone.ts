import type { ClientEvent } from "./ClientEvent.ts"
import type { CloseReason } from "./CloseReason.ts"
import type { ServerEvent } from "./ServerEvent.ts"

/** Whether an event is a success, a problem, or neither. */
export type EventTone = "plain" | "good" | "problem"

// Reasons for which a side has asked. The end of a connection with another reason is a problem.
const wished: ReadonlyArray<CloseReason["_tag"]> = ["PeerClosed", "LocalClosed", "Kicked", "Displaced", "Drained"]

const toneOfEnd = (reason: CloseReason): EventTone => (wished.includes(reason._tag) ? "plain" : "problem")

/** The tone of an event of a server. */
export const serverTone = (event: ServerEvent): EventTone => {
  switch (event._tag) {
    case "Listening":
    case "ConnectionOpened":
    case "ConnectionRecovered":
    case "HubAttached":
    case "HubHistoryOn":
    case "HubRecovered":
    case "NodeJoined":
      return "good"
    case "ConnectionClosed":
      return toneOfEnd(event.reason)
    case "AcceptFailed":
    case "ConnectionRefused":
    case "ConnectionStalled":
    case "ConnectionThrottled":
    case "BytesSkipped":
    case "MessageInvalid":
    case "FramesDropped":
    case "WorkerEnded":
    case "EventsMissed":
    case "HubDetached":
    case "HubRefused":
    case "HubHistoryOff":
    case "HubStalled":
    case "HubOverflowed":
    case "HubMissed":
    case "NodeMismatched":
      return "problem"
    case "NodeLeft":
      return event.cause === "left" ? "plain" : "problem"
    case "DrainFinished":
      return event.forced === 0 ? "plain" : "problem"
    default:
      return "plain"
  }
}

/** The tone of an event of a client. */
export const clientTone = (event: ClientEvent): EventTone => {
  switch (event._tag) {
    case "Connected":
      return "good"
    case "Disconnected":
      return toneOfEnd(event.reason)
    case "ConnectFailed":
    case "Reconnecting":
    case "GaveUp":
    case "BytesSkipped":
    case "MessageInvalid":
    case "FramesDropped":
    case "EventsMissed":
      return "problem"
    default:
      return "plain"
  }
}

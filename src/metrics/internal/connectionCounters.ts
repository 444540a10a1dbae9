import type { ClientEvent, CloseReason, ServerEvent } from "../../domain/index.ts"
import { bytesSkipped, connectionsClosed, connectionsOpened, framesDropped, messagesInvalid } from "../definitions.ts"
import type { Figure } from "./Figure.ts"
import { adderBy, adderOf, type Labels } from "./labels.ts"

/** The counters of connections that a server and a client have in common. `open`: the number of open connections. */
export const connectionCounters = (labels: Labels, open: Figure) => {
  const opened = adderOf(connectionsOpened, labels)
  const closed = adderBy(connectionsClosed, labels, "reason")
  const dropped = adderOf(framesDropped, labels)
  const skipped = adderOf(bytesSkipped, labels)
  const invalid = adderOf(messagesInvalid, labels)
  return {
    onOpened: (): void => {
      open.change(1)
      opened(1)
    },
    onClosed: (reason: CloseReason): void => {
      open.change(-1)
      closed(reason._tag)
    },
    /** Counts the events of an open connection. */
    onEvent: (event: ServerEvent | ClientEvent): void => {
      if (event._tag === "FramesDropped") dropped(event.missed)
      else if (event._tag === "BytesSkipped") skipped(event.skipped)
      else if (event._tag === "MessageInvalid") invalid(1)
    },
  }
}

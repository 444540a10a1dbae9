import type { LogLanguage } from "../domain/assistant/Log.ts"
import { clientTone, type EventTone, serverTone } from "../domain/eventTone.ts"
import { clientWords, serverWords } from "../domain/eventWords.ts"
import { type ClientEvent, escapeControls, formatEndpoint, formatMillis, type ServerEvent } from "../domain/index.ts"
import { chineseClientEvent, chineseServerEvent } from "./chinese.ts"

/** The description of an event, and its tone. */
export interface Described {
  readonly text: string
  readonly tone: EventTone
}

/** Describes an event of a server in one line. Control characters are escaped. */
export const describeServerEvent = (event: ServerEvent, language: LogLanguage = "en"): Described => ({
  text: escapeControls(language === "zh" ? chineseServerEvent(event) : serverText(event)),
  tone: serverTone(event),
})

const serverText = (event: ServerEvent): string =>
  event._tag === "Listening"
    ? `listening on ${formatEndpoint(event.endpoint)}`
    : (serverWords(event, false) ?? otherWords(event))

// The text output of the command omits these events, because the neighbouring rows show the same. The log has a row for
// each event.
const otherWords = (event: ServerEvent): string => {
  switch (event._tag) {
    case "DrainStarted":
      return "draining"
    case "DrainFinished":
      return "drained"
    case "WorkerStarted":
      return `worker ${event.worker} runs as process ${event.pid}`
    default:
      return event._tag
  }
}

/** Describes an event of a client in one line. Control characters are escaped. */
export const describeClientEvent = (event: ClientEvent, language: LogLanguage = "en"): Described => ({
  text: escapeControls(language === "zh" ? chineseClientEvent(event) : clientText(event)),
  tone: clientTone(event),
})

const clientText = (event: ClientEvent): string => {
  switch (event._tag) {
    case "ConnectFailed":
      return event.cause
    case "Reconnecting":
      // The previous row contains the cause.
      return `attempt ${event.attempt} follows in ${formatMillis(event.delayMillis)}`
    case "FrameReceived":
    case "FrameSent":
      return event._tag
    default:
      return clientWords(event)
  }
}

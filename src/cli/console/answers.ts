import * as Domain from "../../domain/assistant/index.ts"
import { counted } from "../../domain/counted.ts"
import { formatBytes, formatConnectionId, formatMillis } from "../../domain/index.ts"
import { formatRemoteClient } from "../../hub/index.ts"
import { formatIso, formatTime } from "../output/format.ts"
import type { Listing } from "./readInput.ts"
import { rateText } from "./rowText.ts"

/**
 * The console's answers to commands, as lines. Names and patterns are free text, so a line may have control characters.
 * The caller escapes them.
 */

const unmatchedText = (unmatched: ReadonlyArray<string>): string | undefined =>
  unmatched.length === 0 ? undefined : `${unmatched.join(", ")} matched no client`

/** The result of a command; `undefined` if its rows in the log show the result. */
export const outcomeText = (outcome: Domain.Outcome): string | undefined => {
  switch (outcome._tag) {
    case "SentTo":
      return unmatchedText(outcome.unmatched)
    case "Applied": {
      const done =
        outcome.to.length === 0 ? "nothing changed" : `done for ${outcome.to.map(formatConnectionId).join(", ")}`
      return [done, unmatchedText(outcome.unmatched)].filter((part) => part !== undefined).join("; ")
    }
    case "RepeatStarted":
      return `repeat ${outcome.repeat} runs; /cancel ${outcome.repeat} ends it`
    case "Cancelled":
      return outcome.repeats.length === 0 ? "no repeat runs" : `ended: repeat ${outcome.repeats.join(", ")}`
    case "ListeningStopped":
      return outcome.ended === 0 ? undefined : `${counted(outcome.ended, "connection")} ended`
    case "Done":
      return "done"
    default:
      return undefined
  }
}

/** A client in the list of clients. */
export const clientText = (client: Domain.ClientRow): string => {
  const marks = [
    ...(client.name === "" ? [] : [client.name]),
    ...client.tags.map((tag) => `tag:${tag}`),
    ...(client.state === "open" ? [] : [client.state]),
    ...(client.paused ? ["paused"] : []),
    ...(client.tls === "" ? [] : [client.tls]),
  ]
  const head = `${formatConnectionId(client.id)} ${client.remote}${marks.length === 0 ? "" : ` (${marks.join(", ")})`}`
  const pending = client.pending === 0 ? "" : `, ${formatBytes(client.pending)} pending`
  return `${head} since ${formatTime(client.since)}, ${formatBytes(client.bytesIn)} in, ${formatBytes(client.bytesOut)} out${pending}`
}

/** A client of another server in the list of clients. */
export const remoteClientText = (client: Domain.RemoteClientRow): string =>
  `${formatRemoteClient(client)} ${client.remote} since ${formatTime(client.since)}`

/** The lines of a list. */
export const listText = (what: Listing, state: Domain.WindowState): ReadonlyArray<string> => {
  switch (what) {
    case "repeats": {
      const lines = state.repeats.map(
        ({ intervalMillis, of, problem, repeat, sent, what: command }) =>
          `${repeat}: every ${formatMillis(intervalMillis)}, sent ${sent}${of === undefined ? "" : ` of ${of}`}: ${command}${problem === undefined ? "" : ` (${problem})`}`,
      )
      return lines.length === 0 ? ["no repeat runs"] : lines
    }
    case "rules": {
      const lines = state.rules.map(
        ({ acted, problem, rule }) =>
          `${Domain.formatCommand({ _tag: "AddRule", rule })}: acted ${counted(acted, "time")}${problem === undefined ? "" : ` (${problem})`}`,
      )
      return lines.length === 0 ? ["there is no rule"] : lines
    }
    case "macros": {
      const lines = state.macros.map((macro) => Domain.formatCommand({ _tag: "SaveMacro", macro }))
      return lines.length === 0 ? ["there is no macro"] : lines
    }
    case "stats": {
      const { bytesIn, bytesOut, framesIn, framesOut, rateIn, rateOut } = state.traffic
      const { bytes, dropped, first, limit, next } = state.log
      return [
        `at ${formatIso(state.at)}`,
        `in:  ${formatBytes(bytesIn)}, ${counted(framesIn, "frame")}, ${rateText(rateIn)}`,
        `out: ${formatBytes(bytesOut)}, ${counted(framesOut, "frame")}, ${rateText(rateOut)}`,
        `log: ${counted(next - first, "row")}, ${formatBytes(bytes)} of ${formatBytes(limit)}; ${counted(dropped, "row")} dropped`,
      ]
    }
  }
}

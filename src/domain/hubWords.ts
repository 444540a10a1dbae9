import { counted } from "./counted.ts"
import { describeHubDetachReason, describeSubjectRefused } from "./HubDetachReason.ts"
import type { HubEvent } from "./HubEvent.ts"
import { describeHubHistoryProblem } from "./HubHistoryProblem.ts"
import { formatBytes } from "./quantities.ts"

const otherNodes = (nodes: number): string => (nodes === 0 ? "no other node" : counted(nodes, "other node"))

const missedOf = (event: Extract<HubEvent, { readonly _tag: "HubAttached" }>): string => {
  const missed = event.missed.map(({ frames, node }) => `${counted(frames, "frame")} of @${node}`)
  const parts = [
    ...(missed.length === 0 ? [] : [`missed ${missed.join(", ")}`]),
    ...(event.late === 0 ? [] : [`${counted(event.late, "own frame")} sent late`]),
    ...(event.dropped === 0
      ? []
      : [`${counted(event.dropped, "own frame")} (${formatBytes(event.droppedBytes)}) dropped`]),
  ]
  return parts.map((part) => `; ${part}`).join("")
}

/** Describes an event of a hub that several nodes share. */
export const hubWords = (event: HubEvent): string => {
  switch (event._tag) {
    case "HubAttached":
      return `the hub is attached to NATS at ${event.server}, with ${otherNodes(event.nodes)}${missedOf(event)}`
    case "HubDetached":
      return `the hub is detached: ${describeHubDetachReason(event.reason)}; clients here continue among themselves`
    case "HubRefused":
      return `${describeSubjectRefused(event)}; its frames stay on their node`
    case "HubStalled":
      return `NATS takes frames too slowly: ${formatBytes(event.pendingBytes)} are queued for it`
    case "HubRecovered":
      return "NATS has caught up"
    case "HubOverflowed":
      return `more than ${formatBytes(event.budgetBytes)} wait for NATS; the oldest frames are dropped`
    case "HubMissed":
      return event.cause === "gap"
        ? `missed ${counted(event.missed, "frame")} of @${event.node}, ${event.total} in total`
        : `dropped ${counted(event.missed, "frame")} of @${event.node}, because clients here take them too slowly; ${event.total} missed in total`
    case "NodeJoined":
      return `@${event.node} shares the hub`
    case "NodeLeft":
      return event.cause === "left"
        ? `@${event.node} left the hub`
        : `@${event.node} left the hub: it is no longer heard`
    case "NodeMismatched":
      return `@${event.node} shares no frames: its framing is ${event.framing}`
    case "HubHistoryOn":
      return `NATS stores the history in the stream ${event.stream}; a new client gets ${counted(event.frames, "frame")}`
    case "HubHistoryOff":
      return `NATS does not store the history: ${describeHubHistoryProblem(event.problem)}; a new client gets the frames that this server has`
  }
}

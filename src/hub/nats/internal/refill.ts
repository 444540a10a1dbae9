import type { HistoryWindow } from "../../index.ts"
import { decodeEnvelope } from "./envelope.ts"
import { type GapGroup, isIn } from "./Gaps.ts"
import type { StoredMessage } from "./HistoryStore.ts"
import type { HubBridge } from "./HubBridge.ts"
import { Origins } from "./Origins.ts"

/** Frames that the history lacks, and which stored messages have them. */
export interface RefillOptions {
  /** The gaps, at least one group. */
  readonly groups: ReadonlyArray<GapGroup>
  readonly bridge: HubBridge
  readonly window: HistoryWindow
  /** The number of a stored message. The frames of unknown nodes in later messages are missing too. */
  readonly after: number
}

/** Collects missing frames from all stored messages, and then inserts them into the history, each frame once. */
export const makeRefill = ({ after, bridge, groups, window }: RefillOptions) => {
  const parts = groups.map((group) => ({
    group,
    found: window.empty(),
    // The bytes of a long run are bounded by the history.
    origins: new Origins(window.limits.maxBytes),
  }))
  const adopted = new Set<number>()
  return {
    take: ({ at, bytes, number }: StoredMessage): void => {
      const envelope = decodeEnvelope(bytes)
      if (envelope === undefined) return
      const part = parts.find(({ group }) => isIn(envelope, group))
      if (part !== undefined) {
        bridge.restore(envelope, (run) => part.found.add(run, at), part.origins)
        return
      }
      // A node that has joined and left unheard. From here on its position is known.
      if (number > after && !bridge.knows(envelope.epoch)) adopted.add(envelope.epoch)
      if (adopted.has(envelope.epoch)) bridge.restore(envelope, (run) => parts[0]?.found.add(run, at))
    },
    insert: (): void => {
      for (const { found, group } of parts) window.insert(group.place, found)
    },
  }
}

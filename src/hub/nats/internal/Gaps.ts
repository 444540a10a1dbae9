import type { HistoryWindow } from "../../index.ts"
import type { Envelope } from "./envelope.ts"

/** Frames that another node published and this node did not get: those from the number `from` to before `to`. */
export interface Gap {
  readonly epoch: number
  readonly from: number
  readonly to: number
}

/** Gaps that belong to one place in the history. */
export interface GapGroup {
  readonly place: number
  readonly gaps: Array<Gap>
  /** The publishers of the frames behind the place. */
  readonly published: Set<number>
}

// Above this many groups, the oldest one is lost: its frames stay missing in the history.
const mostGroups = 64

// The most gaps of a group.
const mostGaps = 256

/**
 * The gaps in the history of a node. Gaps share a place, so that their frames get the order of the stream. A publisher whose
 * next frames are already behind the place gets a new one, so the frames of each publisher keep their order.
 */
export class Gaps {
  private groups: Array<GapGroup> = []
  private readonly window: HistoryWindow

  constructor(window: HistoryWindow) {
    this.window = window
  }

  get isEmpty(): boolean {
    return this.groups.length === 0
  }

  /** Makes a place for frames of nodes that this node does not know. */
  open(): GapGroup {
    return this.groups.at(-1) ?? this.begin()
  }

  add(gap: Gap): void {
    const last = this.open()
    const group = last.published.has(gap.epoch) || last.gaps.length === mostGaps ? this.begin() : last
    group.gaps.push(gap)
  }

  /** The history got frames of a publisher. */
  onPublished(epoch: number): void {
    this.groups.at(-1)?.published.add(epoch)
  }

  /** Returns the groups, earlier places first, and forgets them. */
  takeAll(): ReadonlyArray<GapGroup> {
    const { groups } = this
    this.groups = []
    return groups
  }

  private begin(): GapGroup {
    const group: GapGroup = { place: this.window.place(), gaps: [], published: new Set() }
    this.groups.push(group)
    if (this.groups.length > mostGroups) this.groups.shift()
    return group
  }
}

/** Whether a message has frames of a gap. All pieces of a long run have the same number of frames before them. */
export const isIn = ({ epoch, framesBefore }: Envelope, { gaps }: GapGroup): boolean =>
  gaps.some((gap) => gap.epoch === epoch && gap.from <= framesBefore && framesBefore < gap.to)

import type { ConnectionId, SlowConsumerPolicy } from "../../domain/index.ts"
import type { Cursor } from "../HubLog.ts"
import type { AttachOptions, HubSink } from "../HubPort.ts"

/** A sink in the hub, and what the hub knows of it. */
export interface Member {
  readonly sink: HubSink
  readonly connection: ConnectionId | undefined
  readonly budgetBytes: number
  readonly policy: SlowConsumerPolicy
  /** Its place: behind everything sealed, unless it lags. */
  readonly cursor: Cursor
  /** Until it is finished or detached. */
  receiving: boolean
  full: boolean
  /** Is being handed something now, so nothing else may come in between. */
  handing: boolean
  stalled: boolean
  /** Has made no progress for the pace limit, so nobody waits for it any more. */
  ignored: boolean
  /** Has stalled, and has taken something since it was full. */
  weighs: boolean
  overBudget: boolean
  progress: number
  dropped: number
  held: boolean
  /** The segment before which it finishes. */
  finishAt: number | undefined
  finishers: Array<() => void>
}

/** A member that has everything before `cursor`. */
export const makeMember = (
  sink: HubSink,
  cursor: Cursor,
  options: AttachOptions,
  defaults: Required<Pick<AttachOptions, "budgetBytes" | "slowConsumer">>,
): Member => ({
  sink,
  connection: options.connection,
  budgetBytes: options.budgetBytes ?? defaults.budgetBytes,
  policy: options.slowConsumer ?? defaults.slowConsumer,
  cursor,
  receiving: true,
  full: false,
  handing: false,
  stalled: false,
  ignored: false,
  weighs: false,
  overBudget: false,
  progress: 0,
  dropped: 0,
  held: false,
  finishAt: undefined,
  finishers: [],
})

/** Calls back that it has finished, or that it never will get more. */
export const callFinishers = (member: Member): void => {
  const { finishers } = member
  member.finishers = []
  for (const finisher of finishers) finisher()
}

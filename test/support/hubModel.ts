import type { ConnectionId } from "../../src/domain/index.ts"

/** A publisher, and its connection. */
export interface Publisher {
  readonly connection: ConnectionId
}

/** One publication. It consists of whole frames. */
export interface Run {
  readonly bytes: Uint8Array
  /** The publisher. Undefined: the run came from outside the hub. */
  readonly by: Publisher | undefined
  /** The number of bytes published before the run. */
  readonly start: number
}

/** All runs published to a hub, in order. They decide what each subscriber must receive. */
export class HubModel {
  readonly runs: Array<Run> = []
  readonly faults: Array<string> = []
  totalBytes = 0
  /** Whether the hub is closing. */
  closing = false
  /** The number of the current step of the test. Actions inside a callback belong to the step that caused it. */
  moment = 0

  add(bytes: Uint8Array, by: Publisher | undefined): void {
    this.runs.push({ bytes, by, start: this.totalBytes })
    this.totalBytes += bytes.length
  }
}

import type { ConnectionId } from "../../src/domain/index.ts"

/** Who publishes, and of whom. */
export interface Publisher {
  readonly connection: ConnectionId
}

/** One publication: whole frames. */
export interface Run {
  readonly bytes: Uint8Array
  /** None: it came from outside. */
  readonly by: Publisher | undefined
  /** Where it begins in everything ever published. */
  readonly start: number
}

/** Everything ever published to a hub, in order: what each subscriber gets follows from it. */
export class HubModel {
  readonly runs: Array<Run> = []
  readonly faults: Array<string> = []
  totalBytes = 0
  /** Whether the hub has been told to end. */
  closing = false
  /** How many things the test has done: what it does from within a callback belongs to what it did from outside. */
  moment = 0

  add(bytes: Uint8Array, by: Publisher | undefined): void {
    this.runs.push({ bytes, by, start: this.totalBytes })
    this.totalBytes += bytes.length
  }
}

import type { Framing } from "../../domain/index.ts"
import { counted } from "../output/format.ts"
import type { Handed } from "./outgoing.ts"

/** What was given to connections that were lost, and may not have been read by their servers. */
export class Losses {
  private readonly unit: "byte" | "line"
  private connections = 0
  private amount = 0

  constructor(framing: Framing.Framing) {
    this.unit = framing.delimited === false ? "byte" : "line"
  }

  /** Counts what a lost connection was given; gives what to say of it. */
  add(handed: Handed): string {
    const amount = this.unit === "byte" ? handed.bytes : handed.frames
    this.connections++
    this.amount += amount
    const unread = "TCP does not tell how much of it the server has read; it is not sent again"
    return `the lost connection was given ${counted(amount, this.unit)} of the input${this.cut(handed)}; ${unread}`
  }

  /** What to say at the end, if anything was lost. */
  summary(): string | undefined {
    if (this.connections === 0) return undefined
    const connections = counted(this.connections, "connection")
    return `up to ${counted(this.amount, this.unit)} of the input may be lost, with ${connections} (--reconnect)`
  }

  private cut({ untaken }: Handed): string {
    if (untaken === 0) return ""
    return this.unit === "byte"
      ? `, and cut off within the last ${counted(untaken, "byte")}`
      : ", and cut off within the last line"
  }
}

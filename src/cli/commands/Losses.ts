import { counted } from "../../domain/counted.ts"
import type { Framing } from "../../domain/index.ts"
import type { Handed } from "./outgoing.ts"

/** Counts the input that lost connections had accepted. Their servers may not have read all of it. */
export class Losses {
  private readonly unit: "byte" | "line"
  private connections = 0
  private amount = 0

  constructor(framing: Framing.Framing) {
    this.unit = framing.delimited === false ? "byte" : "line"
  }

  /** Counts the input of a lost connection. Returns the message about it. */
  add(handed: Handed): string {
    const amount = this.unit === "byte" ? handed.bytes : handed.frames
    this.connections++
    this.amount += amount
    const unread = "TCP does not tell how much the server has read, and tcpfx does not send it again"
    return `the lost connection had sent ${counted(amount, this.unit)} of the input${this.cut(handed)}; ${unread}`
  }

  /** The message at the end of the command, if input may be lost. */
  summary(): string | undefined {
    if (this.connections === 0) return undefined
    const connections = counted(this.connections, "connection")
    return `up to ${counted(this.amount, this.unit)} of the input may be lost, with ${connections} (--reconnect)`
  }

  private cut({ untaken }: Handed): string {
    if (untaken === 0) return ""
    return this.unit === "byte"
      ? `, of which the last ${counted(untaken, "byte")} may be incomplete`
      : ", of which the last one may be incomplete"
  }
}

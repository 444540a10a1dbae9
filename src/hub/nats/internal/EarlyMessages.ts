import { copyOf } from "../../../runtime/bytes.ts"
import { messageBytes } from "./messageBytes.ts"

/**
 * The messages that arrive before the stored ones are restored. Above the bound, the oldest half is lost. Their gap shows
 * when the others are delivered.
 */
export class EarlyMessages {
  readonly messages: Array<Uint8Array> = []
  private bytes = 0
  private readonly mostBytes: number

  constructor(mostBytes: number) {
    this.mostBytes = mostBytes
  }

  push(message: Uint8Array): void {
    this.messages.push(copyOf(message))
    this.bytes += messageBytes(message)
    if (this.bytes <= this.mostBytes) return
    for (const lost of this.messages.splice(0, Math.ceil(this.messages.length / 2))) this.bytes -= messageBytes(lost)
  }
}

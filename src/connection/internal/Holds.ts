import type { Wire } from "../../transport/Wire.ts"
import type { Hold } from "../ConnectionOwner.ts"

/** The causes for which a connection does not read from its wire. Without a cause, it reads. */
export class Holds {
  private readonly wire: Wire
  private causes = 0

  constructor(wire: Wire) {
    this.wire = wire
  }

  add(cause: Hold): void {
    if (this.causes === 0) this.wire.pause()
    this.causes |= cause
  }

  remove(cause: Hold): void {
    if ((this.causes & cause) === 0) return
    this.causes &= ~cause
    if (this.causes === 0) this.wire.resume()
  }

  isAny(): boolean {
    return this.causes !== 0
  }

  has(cause: Hold): boolean {
    return (this.causes & cause) !== 0
  }

  /** Whether there is a cause other than this one. */
  isAnyBut(cause: Hold): boolean {
    return (this.causes & ~cause) !== 0
  }

  clear(): void {
    if (this.causes === 0) return
    this.causes = 0
    this.wire.resume()
  }
}

import type { Handler } from "../../server/index.ts"

// Announcements within this time are published together.
const pauseMillis = 50

interface Waiting {
  readonly connection: Handler.ReactorConnection
  readonly line: Uint8Array
}

/**
 * Publishes the announcements of a chat: the first one at once, and the next ones together after a pause. libuv accepts
 * one connection in a turn of the event loop, and a hub delivers at the end of each turn. So separate announcements of a
 * thousand clients that connect at once would cost the hub up to half a million writes.
 */
export class Announcer {
  private waiting: Array<Waiting> = []
  private readonly waitingOf = new Set<Handler.ReactorConnection>()
  private timer: NodeJS.Timeout | undefined

  /** Publishes a line about a connection to all other connections. */
  add(connection: Handler.ReactorConnection, line: Uint8Array): void {
    this.waiting.push({ connection, line })
    this.waitingOf.add(connection)
    if (this.timer === undefined) this.tell()
  }

  /** Publishes the waiting lines at once if one of them is about `connection`, which publishes next. */
  tellBefore(connection: Handler.ReactorConnection): void {
    if (this.waitingOf.has(connection)) this.tell()
  }

  private tell(): void {
    const { waiting } = this
    this.waiting = []
    this.waitingOf.clear()
    for (const { connection, line } of waiting) connection.publish(line)
    clearTimeout(this.timer)
    this.timer = setTimeout(() => {
      this.timer = undefined
      if (this.waiting.length > 0) this.tell()
    }, pauseMillis)
    // The timer does not keep the process alive.
    this.timer.unref()
  }
}

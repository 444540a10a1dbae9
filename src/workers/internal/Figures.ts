import * as Effect from "effect/Effect"
import type { ConnectionInfo, ServerService } from "../../server/index.ts"
import type { Channel } from "./Channel.ts"
import { figureBytes, Kind } from "./Records.ts"
import type { Tickets } from "./Tickets.ts"

const shortestMillis = 250
// With many connections, the figures take at most this share of the time.
const share = 0.02

/** Sends the figures of the connections of a worker to the server. */
export class Figures {
  private readonly server: ServerService
  private readonly channel: Channel
  private readonly tickets: Tickets
  private sentTraffic = -1
  private tookMillis = 0

  constructor(server: ServerService, channel: Channel, tickets: Tickets) {
    this.server = server
    this.channel = channel
    this.tickets = tickets
  }

  /** Sends the figures of all connections. */
  get send(): Effect.Effect<void> {
    return Effect.suspend(() => {
      const begun = performance.now()
      return Effect.map(this.server.connections, (connections) => {
        this.write(connections)
        this.tookMillis = performance.now() - begun
      })
    })
  }

  private write(connections: ReadonlyArray<ConnectionInfo>): void {
    const record = this.channel.begin(Kind.figures, figureBytes * connections.length)
    for (const { bytesIn, bytesOut, id, pendingBytes, state } of connections) {
      record.u32(this.tickets.ticketOf(id) ?? 0)
      record.u8(state === "closing" ? 1 : 0)
      record.f64(bytesIn)
      record.f64(bytesOut)
      record.f64(pendingBytes)
    }
  }

  /** Sends the figures several times a second while there is traffic. */
  get keepSending(): Effect.Effect<never> {
    const once = Effect.flatMap(this.server.traffic, ({ bytesIn, bytesOut }) => {
      const traffic = bytesIn + bytesOut
      // A main process that reads nothing should not find many old figures later.
      if (traffic === this.sentTraffic || this.channel.isFull()) return Effect.void
      this.sentTraffic = traffic
      return this.send
    })
    const pause = Effect.suspend(() => Effect.sleep(Math.max(shortestMillis, this.tookMillis / share)))
    return Effect.forever(Effect.zipRight(pause, once))
  }
}

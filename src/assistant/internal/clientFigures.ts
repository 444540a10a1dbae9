import type { ConnectionInfo, ServerObserver } from "../../server/index.ts"
import { rateOver } from "./Rates.ts"
import type { Client, Roster } from "./Roster.ts"
import type { WindowParts } from "./WindowParts.ts"

/** Updates the rates and the queued bytes of a client. */
export const sampleClient = (client: Client, connection: ConnectionInfo, seconds: number, now: number): void => {
  const { bytesIn, bytesOut, pendingBytes } = connection
  if (bytesIn !== client.bytesIn || bytesOut !== client.bytesOut) client.active = Math.max(client.active, now)
  client.rateIn = rateOver(seconds, bytesIn - client.bytesIn)
  client.rateOut = rateOver(seconds, bytesOut - client.bytesOut)
  client.bytesIn = bytesIn
  client.bytesOut = bytesOut
  client.pending = pendingBytes
}

/** Records and counts frames. */
export const frameObserver = (parts: WindowParts, roster: Roster): ServerObserver => ({
  onRun: (id, run) => {
    const frames = parts.framesOf(run)
    const now = parts.stamps.now()
    const client = roster.clients.get(id)
    parts.framesIn += frames
    if (client === undefined) {
      parts.store.received(now, id, run, frames, -1)
      return
    }
    client.lastEntry = parts.store.received(now, id, run, frames, client.lastEntry)
    client.framesIn += frames
    client.active = now
  },
  onSent: (to, payload) => {
    const now = parts.stamps.now()
    parts.store.sent(now, to, payload, parts.senders.take(payload))
    parts.framesOut += to.length
    for (const id of to) {
      const client = roster.clients.get(id)
      if (client === undefined) continue
      client.framesOut++
      client.active = now
    }
  },
})

import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { describeCloseReason, formatEndpoint, type ServerEvent } from "tcpfx/domain"
import { Server } from "tcpfx/server"

/** Returns the log line for an event, or `undefined` if the journal leaves the event out. */
const lineOf = (event: ServerEvent): string | undefined => {
  switch (event._tag) {
    case "ConnectionOpened":
      return `${event.id} opened: ${formatEndpoint(event.remote)}`
    case "ConnectionClosed":
      return `${event.id} closed: ${describeCloseReason(event.reason)}, ${event.bytesIn} bytes in, ${event.bytesOut} out`
    case "ConnectionRefused":
      return `refused: ${event.rule._tag}`
    case "EventsMissed":
      return `the journal was too slow for ${event.missed} events`
    default:
      return undefined
  }
}

/** Logs the connections of the `Server` service, beginning when the layer is built. */
export const Journal = Layer.scopedDiscard(
  Effect.gen(function* () {
    const server = yield* Server
    const events = yield* server.subscribeEvents()
    const logged = Stream.runForEach(events, (event) => {
      const line = lineOf(event)
      return line === undefined ? Effect.void : Effect.log(line)
    })
    yield* Effect.forkScoped(logged)
  }),
)

/** The state of a server, for example for a status page. */
export const status = Effect.gen(function* () {
  const server = yield* Server
  const { closed, opened, refused } = yield* server.counts
  const { bytesIn, bytesOut } = yield* server.traffic
  const clients = (yield* server.connections).map((info) => `${info.id} ${formatEndpoint(info.remote)}`)
  return { opened, closed, refused, bytesIn, bytesOut, clients }
})

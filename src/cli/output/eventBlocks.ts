import * as Duration from "effect/Duration"
import type * as Stream from "effect/Stream"
import type { ClientEvent, ServerEvent } from "../../domain/index.ts"
import { GapBlocks } from "./GapBlocks.ts"
import { inBlocks } from "./inBlocks.ts"
import type { Look } from "./Look.ts"
import { largeFrameBytes } from "./Page.ts"

type Event = ServerEvent | ClientEvent

// A client has one peer, its server, which has no connection number.
const onlyStream = 0

const streamOf = (event: Event): number | undefined =>
  event._tag === "FrameReceived" ? ("id" in event ? event.id : onlyStream) : undefined

const bytesOf = (event: Event): Uint8Array => (event._tag === "FrameReceived" ? event.bytes : new Uint8Array(0))

/** Makes the blocks of events. */
const eventBlocks = <E extends Event>(gap: Duration.Duration): GapBlocks<E> =>
  new GapBlocks<E>({
    streamOf,
    at: ({ at }) => at,
    bytes: (event) => bytesOf(event).length,
    streamsBefore: (event) => {
      if ("to" in event) return event.to
      return "id" in event && event.id !== undefined ? [event.id] : "all"
    },
    join: (events) => ({ ...events[0], bytes: Buffer.concat(events.map(bytesOf)) }),
    gapMillis: Duration.toMillis(gap),
    mostBytes: largeFrameBytes,
  })

/** The events in the form of a look: if the look has a gap, received data is joined into blocks. */
export const shownEvents = <E extends Event>(events: Stream.Stream<E>, { gap }: Look): Stream.Stream<E> =>
  gap === undefined ? events : inBlocks(events, eventBlocks(gap))

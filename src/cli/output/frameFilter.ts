import * as Effect from "effect/Effect"
import { compileContentTest, searchedBytes } from "../../assistant/frameTest.ts"
import type * as Assistant from "../../domain/assistant/index.ts"
import type { ClientEvent, ServerEvent } from "../../domain/index.ts"
import { type CommandFailed, usageError } from "../process/exit.ts"

/** Tests whether an event is shown. It must see every event, because a character may be split over two frames. */
export type EventTest = (event: ServerEvent | ClientEvent) => boolean

/** The decoders of the streams of clients. The server of a client has the number 0. */
class Decoders {
  private readonly coder: Assistant.TextCoder
  private readonly continues: boolean
  private readonly streams = new Map<number, Assistant.TextStreamDecoder>()

  constructor(coder: Assistant.TextCoder, continues: boolean) {
    this.coder = coder
    this.continues = continues
  }

  /** The text of a sent frame, or of a received frame if `client` is given. */
  textOf(bytes: Uint8Array, client: number | undefined): string {
    if (client === undefined || !this.continues) return this.coder.decoder().write(bytes)
    let decoder = this.streams.get(client)
    if (decoder === undefined) {
      decoder = this.coder.decoder()
      this.streams.set(client, decoder)
    }
    return decoder.write(bytes)
  }

  end(client: number): void {
    this.streams.delete(client)
  }

  endAll(): void {
    this.streams.clear()
  }
}

/**
 * Compiles a filter for data. Everything else is always shown. `whole`: each frame is complete text, so no character
 * continues in the next frame.
 */
export const compileEventTest = (
  filter: Assistant.LogFilter,
  coder: Assistant.TextCoder,
  whole: boolean,
): Effect.Effect<EventTest, CommandFailed> =>
  Effect.map(
    Effect.mapError(compileContentTest(filter), ({ message }) => usageError(`--filter: ${message}`)),
    (test): EventTest => {
      const clients = filter.clients === undefined ? undefined : new Set<number>(filter.clients)
      const decoders = new Decoders(coder, !whole)
      const isOfClients = (ids: ReadonlyArray<number>): boolean =>
        clients === undefined || ids.some((id) => clients.has(id))
      return (event) => {
        switch (event._tag) {
          case "FrameReceived": {
            const client = "id" in event ? event.id : 0
            if (filter.direction === "sent" || !isOfClients([client])) return false
            if (test === undefined) return true
            // The decoders must read every frame, even if the test does not need its text.
            const text = decoders.textOf(event.bytes.subarray(0, searchedBytes), client)
            return test(event.bytes.subarray(0, searchedBytes), () => text)
          }
          case "FrameSent":
            if (filter.direction === "received" || !isOfClients("to" in event ? event.to : [])) return false
            return (
              test === undefined ||
              test(event.bytes.subarray(0, searchedBytes), () => decoders.textOf(event.bytes, undefined))
            )
          case "ConnectionClosed":
            decoders.end(event.id)
            return true
          case "Disconnected":
          case "EventsMissed":
            decoders.endAll()
            return true
          default:
            return true
        }
      }
    },
  )

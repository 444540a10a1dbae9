import type { ConnectionCore } from "../../connection/ConnectionCore.ts"
import type { ConnectionOwner } from "../../connection/ConnectionOwner.ts"
import { type ClientEvent, closeReasons, type Endpoint } from "../../domain/index.ts"
import type { EventBus } from "../../runtime/EventBus.ts"
import type { Tap } from "../../runtime/Tap.ts"
import type { ClientSettings } from "../ClientConfig.ts"
import type { ClientObserver } from "../ClientObserver.ts"

/** The parts of a client that all its connections share. */
export interface ClientContext {
  readonly settings: ClientSettings
  readonly bus: EventBus<ClientEvent>
  readonly tap: Tap<ClientObserver>
}

/** The owner of a client's connection. It emits the events of the connection and calls the observers. */
export const ownerOf = (
  { bus, settings, tap }: ClientContext,
  remote: Endpoint,
  core: () => ConnectionCore,
  onClosed: () => void,
): ConnectionOwner => ({
  onRun: (run) => {
    if (tap.wantsRuns) tap.tell((observer) => observer.onRun?.(run, core().framing))
    if (!bus.wantsFrames()) return
    core().eachPayload(run, (bytes) => bus.emitFrame((seq, at) => ({ seq, at, _tag: "FrameReceived", bytes })))
  },
  keepsRuns: () => bus.wantsFrames(),
  onSent: (bytes) => {
    if (tap.wantsSent) tap.tell((observer) => observer.onSent?.(bytes))
    bus.emitFrame((seq, at) => ({ seq, at, _tag: "FrameSent", bytes }))
  },
  onBytesSkipped: (skipped, total, cause) =>
    bus.emit((seq, at) => ({ seq, at, _tag: "BytesSkipped", skipped, total, cause })),
  onMessageInvalid: (invalid) => bus.emit((seq, at) => ({ seq, at, _tag: "MessageInvalid", ...invalid })),
  onHalfClosed: (by) => {
    bus.emit((seq, at) => ({ seq, at, _tag: "HalfClosed", by }))
    if (by === "peer" && settings.halfClosed === "close" && core().isWritable()) {
      core().beginClose(closeReasons.localClosed)
    }
  },
  onClosing: (pendingBytes) => bus.emit((seq, at) => ({ seq, at, _tag: "Closing", pendingBytes })),
  onDrain: () => {},
  flush: (done) => done(),
  onClosed: (end) => {
    onClosed()
    bus.emit((seq, at) => ({ seq, at, _tag: "Disconnected", remote, ...end }))
  },
})

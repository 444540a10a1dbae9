import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FiberId from "effect/FiberId"
import { ConnectionCore } from "../../src/connection/ConnectionCore.ts"
import type { ConnectionOwner, ConnectionSettings, InvalidMessage } from "../../src/connection/ConnectionOwner.ts"
import { CoreConnection } from "../../src/connection/CoreConnection.ts"
import type { ConnectionEnd } from "../../src/connection/index.ts"
import { Framing, noKeepalive } from "../../src/domain/index.ts"
import { makeTiming } from "../../src/runtime/Timing.ts"
import type { Wire } from "../../src/transport/index.ts"
import { connectedWires, type TransportFixture } from "./transportFixture.ts"
import { textOf } from "./wireProbe.ts"

export const coreSettings: ConnectionSettings = {
  framing: Framing.line,
  maxFrameBytes: 1024 * 1024,
  inboxBytes: 64 * 1024,
  outboxBytes: 64 * 1024,
  closeDeadline: Duration.seconds(5),
  keepalive: noKeepalive,
}

/** An owner that records its callbacks. */
export class OwnerProbe implements ConnectionOwner {
  readonly told: Array<string> = []
  readonly ends: Array<ConnectionEnd> = []
  readonly sent: Array<string> = []
  private readonly ran = Deferred.unsafeMake<void>(FiberId.none)
  /** Waits until a run has arrived. */
  readonly firstRun = Deferred.await(this.ran)
  /** The runs received, if the owner keeps them. */
  readonly runs: Array<Uint8Array> = []
  keeps = false
  readonly keepsRuns = (): boolean => this.keeps
  readonly onRun = (run: Uint8Array): void => {
    if (this.keeps) this.runs.push(run)
    Deferred.unsafeDone(this.ran, Exit.void)
  }
  readonly onSent = (payload: Uint8Array): void => void this.sent.push(textOf(payload))
  readonly onBytesSkipped = (skipped: number, total: number, cause: string): void =>
    void this.told.push(`skipped ${skipped} of ${total}: ${cause}`)
  readonly onMessageInvalid = ({ codec, frame, offset, problem }: InvalidMessage): void =>
    void this.told.push(`frame ${frame} at ${offset} is no ${codec}: ${problem}`)
  readonly onHalfClosed = (by: "peer" | "local"): void => void this.told.push(`half-closed by ${by}`)
  readonly onClosing = (): void => void this.told.push("closing")
  readonly onDrain = (): void => {}
  readonly onClosed = (end: ConnectionEnd): void => {
    this.told.push("closed")
    this.ends.push(end)
  }
  readonly flush = (done: () => void): void => done()
}

/** A connection over a wire, and its owner. The end of the scope destroys the connection. */
export const coreOver = Effect.fnUntraced(function* (wire: Wire, settings: Partial<ConnectionSettings> = {}) {
  const timing = yield* makeTiming
  const owner = new OwnerProbe()
  const core = new ConnectionCore(wire, { ...coreSettings, ...settings }, timing, owner, true)
  yield* Effect.addFinalizer(() => Effect.sync(() => core.destroy({ _tag: "LocalClosed" })))
  core.start()
  return { core, connection: new CoreConnection(core), owner }
})

/** Both ends of a connection: `near` dialled, `far` was accepted. `nearSettings` replace settings of `near`. */
export const connectedCores = Effect.fnUntraced(function* (
  fixture: TransportFixture,
  settings: Partial<ConnectionSettings> = {},
  nearSettings: Partial<ConnectionSettings> = {},
) {
  const wires = yield* connectedWires(fixture)
  const near = yield* coreOver(wires.near.wire, { ...settings, ...nearSettings })
  const far = yield* coreOver(wires.far.wire, settings)
  return {
    near: near.connection,
    far: far.connection,
    nearCore: near.core,
    farCore: far.core,
    nearOwner: near.owner,
    farOwner: far.owner,
  }
})

import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { type CloseReason, closeReasons, type RefusalRule } from "../../src/domain/index.ts"
import {
  type ConnectionHost,
  ConnectionHosting,
  type Hosted,
  type HostedObserver,
  type HostedOwner,
} from "../../src/server/ConnectionHost.ts"
import { Handler, type ServerSettings } from "../../src/server/index.ts"
import { Testing } from "../../src/testing/index.ts"
import { MemoryTransport } from "../../src/transport/index.ts"
import { expectWholeLives } from "../support/eventGrammar.ts"
import { utf8 } from "../support/texts.ts"

/** A host whose script the test plays: it opens, refuses and ends connections by hand. */
const scripted = () => {
  const owners: Array<HostedOwner> = []
  const asked: Array<string> = []
  const watched: Array<boolean> = []
  let onReset = (): void => {}
  const host: ConnectionHost = {
    take: (_, owner) => void owners.push(owner),
    entering: () => owners.length,
    watchFrames: (isWanted) => void watched.push(isWanted),
    hold: () => {},
    drain: () => void asked.push("drain"),
    refresh: Effect.void,
    secure: () => {},
  }
  const note = (what: string) => () => void asked.push(what)
  const hosted: Hosted = {
    send: (payload) => void asked.push(`send ${new TextDecoder().decode(payload)}`),
    taken: Effect.void,
    halfClose: note("halfClose"),
    pause: note("pause"),
    resume: note("resume"),
    close: note("close"),
    reset: () => {
      asked.push("reset")
      onReset()
    },
  }
  // The wires that the server has accepted arrive in one of the next turns.
  const next: Effect.Effect<HostedOwner> = Effect.suspend(() => {
    const owner = owners.shift()
    return owner === undefined ? Effect.zipRight(Testing.nextTurn, next) : Effect.succeed(owner)
  })
  const open: Effect.Effect<HostedObserver> = Effect.map(next, (owner) => owner.onOpened(hosted, undefined))
  return {
    host,
    asked,
    watched,
    open,
    refuse: (rule: RefusalRule) => Effect.map(next, (owner) => owner.onRefused(rule)),
    /** Sets what happens when the server resets a connection. */
    whenReset: (act: () => void): void => {
      onReset = act
    },
  }
}

const ended = (reason: CloseReason) => ({ reason, bytesIn: 1, bytesOut: 2, lifetimeMillis: 3 })

const servingHosted = (settings: Partial<ServerSettings> = {}) =>
  Effect.gen(function* () {
    const script = scripted()
    const served = yield* Testing.serve({ handler: Handler.echo(), settings }).pipe(
      Effect.provideService(ConnectionHosting, () => Effect.succeed(script.host)),
    )
    return { ...script, ...served, dial: served.connectTo(served.endpoint) }
  })

describe("a server whose connections another process runs", () => {
  it.scopedLive("numbers them when they are opened, and shows their frames and figures", () =>
    Effect.gen(function* () {
      const { asked, dial, events, open, server, watched } = yield* servingHosted()
      yield* dial
      expect((yield* server.state).entering).toBe(1)
      const first = yield* open
      first.onRun(utf8("hello"))
      first.onFigures({ bytesIn: 5, bytesOut: 4, pendingBytes: 3, isClosing: false })
      first.onEvent({ _tag: "ConnectionHalfClosed", by: "peer" })
      expect(yield* server.connections).toMatchObject([
        { id: 1, bytesIn: 5, bytesOut: 4, pendingBytes: 3, state: "peer-half-closed" },
      ])
      expect((yield* events.one("FrameReceived")).bytes).toEqual(utf8("hello"))
      expect(yield* server.sendTo([(yield* events.one("ConnectionOpened")).id], utf8("a"))).toEqual([1])
      yield* server.pauseReading((yield* events.one("ConnectionOpened")).id)
      expect(asked).toEqual(["send a", "pause"])
      // The probe of the test watches frames.
      expect(watched).toContain(true)
      first.onClosed(ended(closeReasons.peerClosed))
      expect(yield* server.traffic).toEqual({ bytesIn: 1, bytesOut: 2 })
      yield* events.one("ConnectionClosed")
      expectWholeLives(events.seen)
    }).pipe(Effect.provide(MemoryTransport.layer())),
  )

  it.scopedLive("counts them for the limits from their accept to their end", () =>
    Effect.gen(function* () {
      const { dial, events, open, refuse, server } = yield* servingHosted({ maxConns: 1 })
      yield* dial
      yield* dial
      expect((yield* events.one("ConnectionRefused")).rule).toEqual({ _tag: "TooManyConnections", limit: 1 })
      yield* refuse({ _tag: "HandshakeFailed", code: "ECONNABORTED" })
      yield* dial
      const connection = yield* open
      connection.onClosed(ended({ _tag: "WorkerDied", worker: 1, cause: "SIGKILL" }))
      yield* dial
      yield* open
      expect(yield* server.counts).toMatchObject({ opened: 2, refused: 2, closed: 1 })
      expect((yield* events.one("ConnectionClosed")).reason).toEqual({
        _tag: "WorkerDied",
        worker: 1,
        cause: "SIGKILL",
      })
    }).pipe(Effect.provide(MemoryTransport.layer())),
  )

  it.scopedLive("tells the reason for which it has ended a connection, and the first end only", () =>
    Effect.gen(function* () {
      const { asked, dial, events, open, server } = yield* servingHosted()
      yield* dial
      const connection = yield* open
      const { id } = yield* events.one("ConnectionOpened")
      yield* server.kick(id)
      expect(yield* server.broadcast(utf8("x"))).toEqual([])
      connection.onClosed(ended(closeReasons.kicked))
      connection.onClosed(ended(closeReasons.localClosed))
      expect((yield* events.one("ConnectionClosed")).reason).toEqual(closeReasons.kicked)
      expect(asked).toEqual(["close"])
    }).pipe(Effect.provide(MemoryTransport.layer())),
  )

  it.scopedLive("resets the rest at the deadline of a drain, with the reason of the drain", () =>
    Effect.gen(function* () {
      const { asked, dial, events, open, server, whenReset } = yield* servingHosted({ drain: "20 millis" })
      yield* dial
      yield* dial
      const [graceful, stuck] = [yield* open, yield* open]
      whenReset(() => stuck.onClosed(ended(closeReasons.drained)))
      const draining = yield* Effect.fork(server.drain)
      yield* events.one("DrainStarted")
      graceful.onClosed(ended(closeReasons.drained))
      expect(yield* draining).toEqual({ graceful: 1, forced: 1 })
      expect(asked).toEqual(["drain", "reset"])
      expect((yield* events.first("ConnectionClosed", 2)).map(({ reason }) => reason._tag)).toEqual([
        "Drained",
        "DrainDeadline",
      ])
    }).pipe(Effect.provide(MemoryTransport.layer())),
  )

  it.scopedLive("sends refused clients of a server with TLS nothing, and leaves the handshake to the host", () =>
    Effect.gen(function* () {
      const tls = { secure: () => expect.unreachable("the host makes the handshake") }
      const { dial, open, server } = yield* servingHosted({
        ...{ tls, maxConns: 1, refusal: utf8("full") },
      })
      yield* dial
      yield* open
      const refused = yield* dial
      expect(yield* Testing.receiveText(refused)).toBe(undefined)
      expect((yield* server.counts).refused).toBe(1)
    }).pipe(Effect.provide(MemoryTransport.layer())),
  )
})

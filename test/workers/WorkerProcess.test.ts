import type { ChildProcess } from "node:child_process"
import { EventEmitter } from "node:events"
import { Duplex, PassThrough } from "node:stream"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { Framing, type RefusalRule, tcpEndpoint } from "../../src/domain/index.ts"
import { Hub } from "../../src/hub/index.ts"
import { makeTiming } from "../../src/runtime/Timing.ts"
import type { Hosted, HostedServer } from "../../src/server/ConnectionHost.ts"
import { ServerConfig } from "../../src/server/index.ts"
import { receivedWire } from "../../src/transport/handOver.ts"
import type { Report } from "../../src/workers/internal/messages.ts"
import { Kind, RecordWriter } from "../../src/workers/internal/Records.ts"
import { WorkerProcess } from "../../src/workers/internal/WorkerProcess.ts"

const ends = { local: tcpEndpoint("127.0.0.1", 1), remote: tcpEndpoint("127.0.0.1", 2) }

const setup = { mode: "echo", halfClosed: "close", frame: "line", settings: {}, tls: undefined } as const

type Sent = (error: Error | null) => void

/** The channel of a worker that takes nothing until {@link takeAll}. */
class PlayedChannel extends Duplex {
  private readonly held: Array<() => void> = []

  override _read(): void {}

  override _write(_chunk: unknown, _encoding: string, onWritten: () => void): void {
    this.held.push(onWritten)
  }

  /** Takes everything that was written. */
  takeAll(): void {
    for (let next = this.held.shift(); next !== undefined; next = this.held.shift()) next()
  }

  report(report: Report): void {
    const writer = new RecordWriter()
    const text = Buffer.from(JSON.stringify(report))
    writer.begin(Kind.json, text.length)
    writer.bytes(text)
    this.push(Buffer.concat(writer.take()))
  }
}

/** A worker whose process the test plays. */
const played = (stdio: ReadonlyArray<unknown> | undefined) =>
  Effect.gen(function* () {
    const sent: Array<Sent> = []
    const killed: Array<string> = []
    const emitter = Object.assign(new EventEmitter(), {
      stdio,
      pid: undefined,
      kill: (signal: string) => killed.push(signal) > 0,
      send: (_message: object, _handle: unknown, onSent: Sent) => sent.push(onSent) > 0,
    })
    const child = emitter as unknown as ChildProcess
    const hub = yield* Hub.make({ framing: Framing.line })
    const settings = { ...ServerConfig.defaults, frame: Framing.line }
    const main: HostedServer = { settings, timing: yield* makeTiming, hub: hub.port, emit: () => undefined }
    const ended: Array<string> = []
    const worker = new WorkerProcess(1, child, setup, main, {
      onReady: () => undefined,
      onEnded: (cause) => ended.push(cause),
    })
    return { emitter, ended, killed, sent, worker }
  })

const never = () => expect.unreachable()

/** A played worker that is ready and has one connection. */
const withConnection = Effect.gen(function* () {
  const channel = new PlayedChannel()
  const parts = yield* played([null, null, null, null, channel])
  channel.report({ is: "ready" })
  channel.report({ is: "opened", ticket: 1 })
  const hosted = yield* Effect.async<Hosted>((resume) =>
    parts.worker.take(receivedWire({ close: () => {} }, ends), {
      onOpened: (opened) => {
        resume(Effect.succeed(opened))
        return { onRun: never, onSent: never, onEvent: never, onFigures: never, onClosed: () => {} }
      },
      onRefused: never,
    }),
  )
  return { ...parts, channel, hosted }
})

describe("a worker process that ends", () => {
  it.scopedLive("leaves no socket open that Node has not passed on, and refuses its client", () =>
    Effect.gen(function* () {
      const { emitter, ended, sent, worker } = yield* played([null, null, null, null, new PassThrough()])
      const closed = new Set<number>()
      const refused: Array<RefusalRule> = []
      for (const number of [1, 2]) {
        const wire = receivedWire({ close: () => closed.add(number) }, ends)
        worker.take(wire, {
          onOpened: () => expect.unreachable(),
          onRefused: (rule) => void refused.push(rule),
        })
      }
      // Node passes the first socket, and forgets the second one.
      sent[0]?.(null)
      expect([...closed]).toEqual([1])
      emitter.emit("exit", null, "SIGKILL")
      expect([...closed]).toEqual([1, 2])
      const refusal = { _tag: "HandOverFailed", worker: 1, cause: "SIGKILL" }
      expect(refused).toEqual([refusal, refusal])
      expect(ended).toEqual(["SIGKILL"])
    }),
  )

  it.scopedLive("reports why it did not start when the system has no descriptors for its streams", () =>
    Effect.gen(function* () {
      const { emitter, ended } = yield* played(undefined)
      emitter.emit("error", new Error("spawn EMFILE"))
      expect(ended).toEqual(["spawn EMFILE"])
    }),
  )
})

describe("a worker process that is stuck", () => {
  it.scopedLive("is killed when it is not ready after 30 s", () =>
    Effect.gen(function* () {
      const { emitter, ended, killed, worker } = yield* played([null, null, null, null, new PassThrough()])
      for (let second = 1; second <= 30; second++) worker.tick()
      expect(killed).toEqual([])
      worker.tick()
      expect(killed).toEqual(["SIGKILL"])
      emitter.emit("exit", null, "SIGKILL")
      expect(ended).toEqual(["it was not ready after 30 s"])
    }),
  )

  it.scopedLive("gets no new connections after 3 s, and is killed after 10 s", () =>
    Effect.gen(function* () {
      const { channel, emitter, ended, killed, worker } = yield* withConnection
      for (let second = 1; second < 3; second++) worker.tick()
      expect(worker.isAnswering).toBe(true)
      worker.tick()
      expect(worker.isAnswering).toBe(false)
      channel.report({ is: "pong" })
      yield* Effect.promise(() => new Promise(setImmediate))
      expect(worker.isAnswering).toBe(true)
      for (let second = 1; second <= 10; second++) worker.tick()
      expect(killed).toEqual([])
      worker.tick()
      expect(killed).toEqual(["SIGKILL"])
      emitter.emit("exit", null, "SIGKILL")
      expect(ended).toEqual(["it did not answer for 10 s"])
    }),
  )

  it.scopedLive("is killed after 3 s when many bytes wait for it", () =>
    Effect.gen(function* () {
      const { emitter, ended, hosted, killed, worker } = yield* withConnection
      hosted.send(Buffer.alloc(65 * 1024 * 1024))
      worker.tick()
      worker.tick()
      expect(killed).toEqual([])
      worker.tick()
      expect(killed).toEqual(["SIGKILL"])
      const waiting = yield* Effect.fork(hosted.taken)
      emitter.emit("exit", null, "SIGKILL")
      yield* Fiber.join(waiting)
      expect(ended).toEqual(["it did not answer, and 65 MiB waited for it"])
    }),
  )

  it.scopedLive("makes senders wait until it has taken their payloads", () =>
    Effect.gen(function* () {
      const { channel, hosted } = yield* withConnection
      hosted.send(Buffer.alloc(1024))
      yield* hosted.taken
      hosted.send(Buffer.alloc(2 * 1024 * 1024))
      const waiting = yield* Effect.fork(hosted.taken)
      yield* Effect.promise(() => new Promise(setImmediate))
      expect(waiting.unsafePoll()).toBeNull()
      channel.takeAll()
      yield* Fiber.join(waiting)
    }),
  )
})

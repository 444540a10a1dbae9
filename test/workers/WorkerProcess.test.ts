import type { ChildProcess } from "node:child_process"
import { EventEmitter } from "node:events"
import { PassThrough } from "node:stream"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Framing, type RefusalRule, tcpEndpoint } from "../../src/domain/index.ts"
import { Hub } from "../../src/hub/index.ts"
import { makeTiming } from "../../src/runtime/Timing.ts"
import type { HostedServer } from "../../src/server/ConnectionHost.ts"
import { ServerConfig } from "../../src/server/index.ts"
import { receivedWire } from "../../src/transport/handOver.ts"
import { WorkerProcess } from "../../src/workers/internal/WorkerProcess.ts"

const ends = { local: tcpEndpoint("127.0.0.1", 1), remote: tcpEndpoint("127.0.0.1", 2) }

const setup = { mode: "echo", halfClosed: "close", frame: "line", settings: {}, tls: undefined } as const

type Sent = (error: Error | null) => void

/** A worker whose process the test plays. */
const played = (stdio: ReadonlyArray<unknown> | undefined) =>
  Effect.gen(function* () {
    const sent: Array<Sent> = []
    const emitter = Object.assign(new EventEmitter(), {
      stdio,
      pid: undefined,
      kill: () => true,
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
    return { emitter, ended, sent, worker }
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
      const aborted = { _tag: "HandshakeFailed", code: "ECONNABORTED" }
      expect(refused).toEqual([aborted, aborted])
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

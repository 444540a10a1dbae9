import { type ChildProcess, spawn } from "node:child_process"
import * as Data from "effect/Data"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FiberId from "effect/FiberId"
import type { ConnectionHost, HostedOwner, HostedServer, OpenHost } from "../server/ConnectionHost.ts"
import type { Tls, Wire } from "../transport/index.ts"
import { WorkerProcess } from "./internal/WorkerProcess.ts"
import { type PackedTls, packSettings, packTls, type WorkerMode, type WorkerSetup } from "./WorkerSetup.ts"

/** The options of a crew. */
export interface CrewOptions {
  /** The number of workers. */
  readonly count: number
  /** The program and the arguments that start a worker, which runs `runWorker`. */
  readonly command: readonly [program: string, ...args: ReadonlyArray<string>]
  readonly mode: WorkerMode
  readonly halfClosed: WorkerSetup["halfClosed"]
  /** The options of an acceptor of the settings. A worker makes the same acceptor. */
  readonly optionsOf: (acceptor: Tls.Acceptor) => Tls.AcceptorOptions
}

/** A worker cannot start. */
export class WorkerStartError extends Data.TaggedError("WorkerStartError")<{
  readonly worker: number
  readonly cause: string
}> {
  override get message(): string {
    return `worker ${this.worker} cannot start: ${this.cause}`
  }
}

/** The worker processes of one server. */
export interface Crew {
  /** The place for the server (`ConnectionHosting`). */
  readonly open: OpenHost
  /** Starts the workers, and waits until they are ready. Accepted sockets wait for them. */
  readonly begin: Effect.Effect<void, WorkerStartError>
}

const tick = Duration.seconds(1)
// A worker that was ready for less than a second is replaced after this delay, which doubles at each failure in a row.
const shortestDelayMillis = 100
const longestDelayMillis = 5000
const briefMillis = 1000
// The time for a worker to end by itself at the end of the server.
const endGrace = Duration.seconds(2)
const refreshTimeout = Duration.seconds(1)
// At a drain, frames of one worker get this share of the drain's time to reach the other workers.
const passShare = 0.5

interface Waiting {
  readonly wire: Wire
  readonly owner: HostedOwner
}

/** Makes a crew for one server. The scope of the server ends its processes. */
export const makeCrew = (options: CrewOptions): Crew => {
  let staff: Staff | undefined
  return {
    open: (main) =>
      Effect.acquireRelease(
        Effect.sync(() => {
          staff = new Staff(options, main)
          return staff
        }),
        (opened) => opened.finish,
      ),
    begin: Effect.suspend(() => staff?.begin ?? Effect.void),
  }
}

/** The workers of a server: it gives each new connection to the worker with the fewest, and replaces workers that end. */
class Staff implements ConnectionHost {
  private readonly options: CrewOptions
  private readonly main: HostedServer
  private readonly workers = new Map<number, WorkerProcess>()
  /** The accepted wires that wait for the first worker. */
  private readonly waiting: Array<Waiting> = []
  private readonly starting = new Map<number, Deferred.Deferred<void, WorkerStartError>>()
  private readonly restarts = new Map<number, number>()
  private readonly failuresInARow = new Map<number, number>()
  private readonly finishers = new Set<() => void>()
  private isWatching = false
  private isHolding = false
  private tls: PackedTls | undefined
  private isOver = false
  /** The number of the worker that got the last connection. */
  private last = 0

  constructor(options: CrewOptions, main: HostedServer) {
    this.options = options
    this.main = main
    const { tls } = main.settings
    this.tls = tls && packTls(options.optionsOf(tls))
  }

  /** Starts the workers. */
  readonly begin: Effect.Effect<void, WorkerStartError> = Effect.suspend(() => {
    const numbers = Array.from({ length: this.options.count }, (_, at) => at + 1)
    const ready = numbers.map((number) => {
      const started = Deferred.unsafeMake<void, WorkerStartError>(FiberId.none)
      this.starting.set(number, started)
      this.start(number)
      return Deferred.await(started)
    })
    this.armTick()
    return Effect.all(ready, { discard: true })
  })

  private start(number: number): void {
    const { main, options } = this
    const setup: WorkerSetup = {
      ...packSettings(main.settings),
      mode: options.mode,
      halfClosed: options.halfClosed,
      tls: this.tls,
    }
    const worker: WorkerProcess = new WorkerProcess(number, spawnWorker(options.command), setup, main, {
      onReady: () => this.onReady(worker),
      onEnded: (cause, connections, readyMillis) => this.onEnded(worker, cause, connections, readyMillis),
    })
    this.workers.set(number, worker)
  }

  private onReady(worker: WorkerProcess): void {
    const { number, pid = 0 } = worker
    const restarts = this.restarts.get(number) ?? 0
    this.main.emit((stamp) => ({ ...stamp, _tag: "WorkerStarted", worker: number, pid, restarts }))
    if (this.isWatching) worker.command({ do: "watch", on: true })
    if (this.isHolding) worker.command({ do: "hold", on: true })
    this.settle(number, Effect.void)
    for (const { owner, wire } of this.waiting.splice(0)) this.take(wire, owner)
  }

  private settle(number: number, result: Effect.Effect<void, WorkerStartError>): void {
    const started = this.starting.get(number)
    this.starting.delete(number)
    if (started !== undefined) Deferred.unsafeDone(started, result)
  }

  private onEnded(worker: WorkerProcess, cause: string, connections: number, readyMillis: number): void {
    const { number, pid = 0 } = worker
    this.workers.delete(number)
    for (const finisher of this.finishers) finisher()
    if (this.isOver) return
    if (this.starting.has(number)) {
      this.settle(number, Effect.fail(new WorkerStartError({ worker: number, cause })))
      return
    }
    this.main.emit((stamp) => ({ ...stamp, _tag: "WorkerEnded", worker: number, pid, cause, connections }))
    const failures = readyMillis < briefMillis ? (this.failuresInARow.get(number) ?? 0) + 1 : 0
    this.failuresInARow.set(number, failures)
    this.restarts.set(number, (this.restarts.get(number) ?? 0) + 1)
    const replace = (): void => {
      if (!this.isOver) this.start(number)
    }
    if (failures === 0) {
      replace()
      return
    }
    const delayMillis = Math.min(shortestDelayMillis * 2 ** (failures - 1), longestDelayMillis)
    this.main.timing.after(Duration.millis(delayMillis), replace)
  }

  private armTick(): void {
    this.main.timing.after(tick, () => {
      if (this.isOver) return
      for (const worker of this.workers.values()) worker.tick()
      this.armTick()
    })
  }

  /** Ends the processes when the server is over. */
  get finish(): Effect.Effect<void> {
    const all = Effect.suspend(() => {
      this.isOver = true
      this.refuseWaiting()
      for (const worker of this.workers.values()) worker.finish()
      return this.untilEnded
    })
    return all.pipe(
      Effect.interruptible,
      Effect.timeoutOption(endGrace),
      Effect.zipRight(
        Effect.suspend(() => {
          for (const worker of this.workers.values()) worker.kill()
          return this.untilEnded
        }),
      ),
    )
  }

  private get untilEnded(): Effect.Effect<void> {
    return Effect.async<void>((resume) => {
      const look = (): void => {
        if (this.workers.size === 0) resume(Effect.void)
      }
      this.finishers.add(look)
      look()
      return Effect.sync(() => this.finishers.delete(look))
    })
  }

  // --- for the server

  take(wire: Wire, owner: HostedOwner): void {
    const worker = this.choose()
    if (worker === undefined) this.waiting.push({ wire, owner })
    else worker.take(wire, owner)
  }

  /** The worker for the next connection: one that answers, or else one that is ready. */
  private choose(): WorkerProcess | undefined {
    return this.emptiest(({ isAnswering }) => isAnswering) ?? this.emptiest(({ isReady }) => isReady)
  }

  /** The worker with the fewest connections. Of several such workers, the next one in turn. */
  private emptiest(isFit: (worker: WorkerProcess) => boolean): WorkerProcess | undefined {
    const { count } = this.options
    let best: WorkerProcess | undefined
    for (let step = 1; step <= count; step++) {
      const worker = this.workers.get(((this.last + step - 1) % count) + 1)
      if (worker !== undefined && isFit(worker) && worker.size < (best?.size ?? Number.POSITIVE_INFINITY)) best = worker
    }
    if (best !== undefined) this.last = best.number
    return best
  }

  entering(): number {
    let entering = this.waiting.length
    for (const worker of this.workers.values()) entering += worker.enteringCount
    return entering
  }

  watchFrames(isWanted: boolean): void {
    if (isWanted === this.isWatching) return
    this.isWatching = isWanted
    this.tellAll({ do: "watch", on: isWanted })
  }

  hold(isHeld: boolean): void {
    this.isHolding = isHeld
    this.tellAll({ do: "hold", on: isHeld })
  }

  private tellAll(command: Parameters<WorkerProcess["command"]>[0]): void {
    for (const worker of this.workers.values()) if (worker.isReady) worker.command(command)
  }

  private refuseWaiting(): void {
    for (const { owner, wire } of this.waiting.splice(0)) {
      wire.destroy()
      owner.onRefused({ _tag: "Draining" })
    }
  }

  drain(): void {
    this.refuseWaiting()
    const workers = [...this.workers.values()].filter(({ isReady }) => isReady)
    let isTold = false
    const tell = (): void => {
      if (isTold) return
      isTold = true
      cancel()
      for (const worker of workers) worker.command({ do: "drain" })
    }
    // A worker sends its clients everything that its hub has at the command. So the frames of the other workers come first.
    const cancel = this.main.timing.after(Duration.times(this.main.settings.drain, passShare), tell)
    whenAll(
      workers.map((worker) => (done) => worker.ask("pass", done)),
      () =>
        whenAll(
          workers.map((worker) => (done) => worker.whenPassed(done)),
          tell,
        ),
    )
  }

  get refresh(): Effect.Effect<void> {
    const all = Effect.async<void>((resume) =>
      whenAll(
        [...this.workers.values()].map((worker) => (done) => worker.ask("refresh", done)),
        () => resume(Effect.void),
      ),
    )
    return Effect.asVoid(Effect.timeoutOption(all, refreshTimeout))
  }

  secure(tls: Tls.Acceptor | undefined): void {
    this.tls = tls && packTls(this.options.optionsOf(tls))
    for (const worker of this.workers.values()) worker.secure(this.tls)
  }
}

/** Calls `done` when all steps have called theirs. */
const whenAll = (steps: ReadonlyArray<(done: () => void) => void>, done: () => void): void => {
  let left = steps.length
  const one = (): void => {
    left--
    if (left === 0) done()
  }
  if (left === 0) done()
  for (const step of steps) step(one)
}

/** Starts a process with two channels: descriptor 3 passes sockets, and descriptor 4 everything else. */
const spawnWorker = ([program, ...args]: CrewOptions["command"]): ChildProcess => {
  const { LISTEN_FDNAMES: _names, LISTEN_FDS: _count, LISTEN_PID: _pid, ...env } = process.env
  return spawn(program, args, { stdio: ["ignore", "ignore", "inherit", "ipc", "pipe"], env })
}

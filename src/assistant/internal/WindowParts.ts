import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type * as Assistant from "../../domain/assistant/index.ts"
import type { ClientEvent, Framing, ServerEvent } from "../../domain/index.ts"
import { makePreciseTime, type PreciseTime } from "../../runtime/preciseTime.ts"
import type { Described } from "../describe.ts"
import type { Project } from "../project/Project.ts"
import { LogService } from "./AssistantLog.ts"
import { type LogClients, LogReader } from "./LogReader.ts"
import { LogStore } from "./LogStore.ts"
import { makeLoopLoad } from "./loopLoad.ts"
import { Macros } from "./Macros.ts"
import type { Notice } from "./Notice.ts"
import { Payloads } from "./Payloads.ts"
import { Pulse } from "./Pulse.ts"
import { type Counters, Rates } from "./Rates.ts"
import { Recorder } from "./Recorder.ts"
import { Repeats } from "./Repeats.ts"
import { RuleBook } from "./RuleBook.ts"
import { refusal } from "./refusals.ts"
import { Senders } from "./Senders.ts"

// Rates are sampled once a second. A tick can be slightly early.
const sampleSeconds = 0.95

/** Options of a window of either kind. */
export interface WindowOptions {
  readonly kind: "server" | "client"
  readonly framing: Framing.Framing
  readonly clients: LogClients
  readonly logBytes: number
  readonly describe: (event: ServerEvent | ClientEvent, language: Assistant.LogLanguage) => Described
  /** The bytes in both directions since the window was made. */
  readonly traffic: Effect.Effect<{ readonly bytesIn: number; readonly bytesOut: number }>
  /** Runs once a second while a user interface watches. The argument is the number of seconds since the last call. */
  readonly sample: (seconds: number) => Effect.Effect<void>
  /** Keeps the list of clients up to date until the scope closes. Acquired by recorders and watchers. */
  readonly follow: Effect.Effect<void, never, Scope.Scope>
  /** Records frames until the scope closes. */
  readonly observeFrames: Effect.Effect<void, never, Scope.Scope>
  readonly encodings: () => number
  /** Changes when a name changes that rows of the log show. */
  readonly names: () => number
  readonly readFile: (path: string) => Effect.Effect<Uint8Array, Assistant.Refusal>
  /** Whether rules see the frames. Rules do not see them if the program handles the frames itself. */
  readonly rulesAct: boolean
  /** Called when a rule is added or removed or switches itself off. */
  readonly onRules: () => void
}

/** The parts that server and client windows share: log, rates, rules, repeats, macros, and the detection of changes. */
export class WindowParts {
  readonly stamps: PreciseTime
  readonly store: LogStore
  readonly reader: LogReader
  readonly log: LogService
  readonly pulse: Pulse
  readonly payloads: Payloads
  readonly rules: RuleBook
  readonly repeats: Repeats
  readonly macros: Macros
  readonly senders: Senders
  framesIn = 0
  framesOut = 0
  /** Changes when anything that user interfaces show changes, except traffic. */
  version = 0
  /** Whether rules see the frames of this window. */
  readonly rulesAct: boolean
  private readonly options: WindowOptions
  private readonly rates: Rates
  private bytesIn = 0
  private bytesOut = 0
  private readonly recorder: Recorder
  /** The byte counters at the end of the last recording. */
  private unrecorded = { bytesIn: 0, bytesOut: 0 }

  private constructor(
    options: WindowOptions,
    made: { readonly stamps: PreciseTime; readonly payloads: Payloads; readonly scope: Scope.Scope },
    makePulse: (tick: Effect.Effect<void>) => Pulse,
  ) {
    this.options = options
    this.rulesAct = options.rulesAct
    this.stamps = made.stamps
    this.payloads = made.payloads
    this.store = new LogStore(options.logBytes)
    const { clients, describe, encodings, framing, kind } = options
    this.reader = new LogReader({ store: this.store, framing, clients, describe })
    this.rates = new Rates(this.counters, this.stamps.elapsed(), this.stamps.now())
    const tick = Effect.suspend(() => this.tick)
    this.pulse = makePulse(tick)
    const recorder = new Recorder(Effect.suspend(() => this.beginRecording))
    this.recorder = recorder
    this.senders = new Senders(() => recorder.isOn)
    this.log = new LogService({ kind, reader: this.reader, pulse: this.pulse, record: recorder.record, encodings })
    const changed = () => this.touch()
    this.rules = new RuleBook(this.payloads, changed, () => {
      this.touch()
      options.onRules()
    })
    this.repeats = new Repeats(made.scope, changed)
    this.macros = new Macros(this.payloads, changed)
  }

  static readonly make = (options: WindowOptions): Effect.Effect<WindowParts, never, Scope.Scope> =>
    Effect.gen(function* () {
      const stamps = yield* makePreciseTime
      const isBusy = yield* makeLoopLoad
      const payloads = yield* Payloads.make(options.readFile)
      const scope = yield* Effect.scope
      return new WindowParts(
        options,
        { stamps, payloads, scope },
        (tick) => new Pulse({ tick, meanwhile: options.follow, isBusy, scope }),
      )
    })

  /** Marks that something that user interfaces show has changed. */
  touch(): void {
    this.version++
  }

  /** Whether frames are recorded. */
  get isRecording(): boolean {
    return this.recorder.isOn
  }

  /** Appends an event to the log. */
  tell(event: ServerEvent | ClientEvent, client: number = 0): void {
    // The event already has a date. A date with microseconds would cost two clock readings for each connection that
    // opens and closes.
    this.store.note(event.at, client, { event })
    this.touch()
  }

  /** Appends a notice of the assistant to the log. */
  say(notice: Notice, tone: Described["tone"] = "plain", client: number = 0): void {
    this.store.note(this.stamps.now(), client, { notice, tone })
    this.touch()
  }

  /**
   * The number of frames in a run. If the framing fails, the connection ends elsewhere, and the run counts as one frame
   * here.
   */
  framesOf(run: Uint8Array): number {
    try {
      return this.options.framing.count(run)
    } catch {
      return 1
    }
  }

  /** Reads the byte counters. */
  get refresh(): Effect.Effect<void> {
    return Effect.map(this.options.traffic, ({ bytesIn, bytesOut }) => {
      this.bytesIn = bytesIn
      this.bytesOut = bytesOut
    })
  }

  /** The part of a state's key that server and client windows share. */
  get key(): string {
    const { next, dropped } = this.store
    const { rateIn, rateOut } = this.rates
    return `${this.version} ${this.bytesIn} ${this.bytesOut} ${this.framesIn} ${this.framesOut} ${next} ${dropped} ${rateIn} ${rateOut}`
  }

  /** Changes when a traffic counter changes. */
  get figures(): number {
    return this.bytesIn + this.bytesOut + this.framesIn + this.framesOut
  }

  /** The parts of the state that both kinds of window have. */
  get shared() {
    const traffic: Assistant.Traffic = { ...this.counters, rateIn: this.rates.rateIn, rateOut: this.rates.rateOut }
    return {
      traffic,
      log: this.log.extentNow(),
      rowsVersion: this.options.names() + this.options.encodings(),
      repeats: this.repeats.states,
      rules: this.rules.states,
      macros: this.macros.all,
      framing: this.options.framing.name,
      at: this.stamps.now(),
    }
  }

  get history(): Effect.Effect<Assistant.RateHistory> {
    return Effect.zipRight(
      this.refresh,
      Effect.sync(() => {
        if (this.rates.age(this.stamps.elapsed()) >= 1000) this.sampleRates()
        return this.rates.history
      }),
    )
  }

  get project(): Effect.Effect<Project> {
    return Effect.sync(() => ({
      rules: this.rules.all,
      repeats: this.repeats.commands,
      macros: this.macros.all,
    }))
  }

  /**
   * Loads a whole project, or nothing. `execute` starts its repeats. A running repeat that the project contains
   * continues, so loading a project again sends nothing twice. A running repeat that the project lacks is cancelled.
   */
  load(
    { macros, repeats, rules }: Project,
    execute: (command: Assistant.Command) => Effect.Effect<Assistant.Outcome, Assistant.Refusal>,
  ): Effect.Effect<void, Assistant.Refusal> {
    return Effect.gen(this, function* () {
      if (rules.length > 0 && !this.rulesAct) return yield* rulesForbidden
      const prepared = yield* this.rules.prepareAll(rules)
      yield* this.macros.checkAll(macros)
      const { missing, surplus } = this.repeats.compare(repeats)
      const started: Array<number> = []
      // A repeat sends when it starts, so repeats start after everything that can be refused.
      const begin = Effect.forEach(missing, (repeat) =>
        Effect.map(execute(repeat), (outcome) => {
          if (outcome._tag === "RepeatStarted") started.push(outcome.repeat)
        }),
      )
      yield* Effect.onError(begin, () =>
        Effect.forEach(started, (repeat) => this.repeats.cancel(repeat), { discard: true }),
      )
      this.rules.replace(prepared)
      this.macros.replace(macros)
      // Cancelling waits for the repeat's fiber. An interruption must not leave the other repeats running.
      yield* Effect.uninterruptible(Effect.forEach(surplus, (repeat) => this.repeats.cancel(repeat), { discard: true }))
    })
  }

  private get counters(): Counters {
    const { bytesIn, bytesOut, framesIn, framesOut } = this
    return { bytesIn, bytesOut, framesIn, framesOut }
  }

  private get beginRecording(): Effect.Effect<void, never, Scope.Scope> {
    return Effect.gen(this, function* () {
      yield* this.refresh
      const bytesIn = this.bytesIn - this.unrecorded.bytesIn
      const bytesOut = this.bytesOut - this.unrecorded.bytesOut
      if (bytesIn > 0 || bytesOut > 0) this.say({ _tag: "NotRecorded", bytesIn, bytesOut })
      yield* Effect.addFinalizer(() =>
        Effect.map(this.refresh, () => {
          this.unrecorded = { bytesIn: this.bytesIn, bytesOut: this.bytesOut }
        }),
      )
      yield* this.options.follow
      yield* this.options.observeFrames
    })
  }

  private get tick(): Effect.Effect<void> {
    return Effect.gen(this, function* () {
      yield* this.refresh
      const seconds = this.rates.age(this.stamps.elapsed()) / 1000
      if (seconds >= sampleSeconds) {
        this.sampleRates()
        yield* this.options.sample(seconds)
      }
      this.log.tick()
    })
  }

  private sampleRates(): void {
    this.rates.sample(this.counters, this.stamps.elapsed(), this.stamps.now())
  }
}

export const rulesForbidden = refusal(
  "forbidden",
  "rules cannot act here: a program, a chat or worker processes handle the frames",
)

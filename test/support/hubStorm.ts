import * as Duration from "effect/Duration"
import { ConnectionId, Framing, type SlowConsumerPolicy } from "../../src/domain/index.ts"
import { HubCore } from "../../src/hub/internal/HubCore.ts"
import { FakeTiming } from "./fakeTiming.ts"
import { HubModel } from "./hubModel.ts"
import { ModelSink } from "./modelSink.ts"
import { Chance } from "./stressSeeds.ts"
import { utf8 } from "./wireProbe.ts"

type Act =
  | "attach"
  | "detach"
  | "drain"
  | "drain nothing"
  | "finish"
  | "flush"
  | "pass time"
  | "publish"
  | "publish from outside"
  | "take some"
  | "throw"

const acts: ReadonlyArray<readonly [weight: number, act: Act]> = [
  [6, "attach"],
  [2, "detach"],
  [16, "drain"],
  [2, "drain nothing"],
  [2, "finish"],
  [16, "flush"],
  [1, "pass time"],
  [40, "publish"],
  [6, "publish from outside"],
  [6, "take some"],
  [1, "throw"],
]

const policies: ReadonlyArray<SlowConsumerPolicy> = ["disconnect", "drop-oldest", "block"]
const mostPresent = 24
const mostNested = 3

/**
 * A storm on a hub: subscribers attach, publish, fill up, drain, finish, throw and detach at random, also inside
 * callbacks of the hub. Each subscriber knows every byte that it must receive.
 */
export class HubStorm {
  readonly model = new HubModel()
  /** The number of each action and of each outcome. */
  readonly counts: Record<string, number> = {}
  private readonly core: HubCore
  private readonly timing = new FakeTiming()
  private readonly chance: Chance
  private readonly joinedBytes: number
  private readonly sinks: Array<ModelSink> = []
  private present: Array<ModelSink> = []
  private nested = 0
  private quiet = false
  private checkedTo = 0
  private largestTurn = 0
  private frames = 0

  constructor(seed: number) {
    this.chance = new Chance(seed)
    // Small limits make the hub join its log all the time. One storm in ten uses the defaults.
    const log = { mostSegments: this.chance.between(1, 8), joinedBytes: this.chance.between(40, 900) }
    const byDefault = this.chance.percent(10)
    this.joinedBytes = byDefault ? 256 * 1024 : log.joinedBytes
    this.core = new HubCore({
      timing: this.timing,
      countFrames: Framing.line.count,
      budgetBytes: 1000,
      slowConsumer: "disconnect",
      paceLimit: Duration.seconds(5),
      ...(byDefault ? {} : { log }),
    })
  }

  /** Does one random action. */
  step(): void {
    this.model.moment++
    this.act(this.chance.weighted(acts))
    this.largestTurn = Math.max(this.largestTurn, this.model.totalBytes - this.checkedTo)
    if (this.chance.percent(5)) this.check()
  }

  /** All subscribers take everything, or the hub ends before. Afterwards nothing may be left. */
  end(): void {
    this.quiet = true
    if (this.chance.percent(50)) {
      this.check()
      for (const sink of this.present) sink.drain(Number.POSITIVE_INFINITY)
      this.check()
      for (const sink of this.present) {
        if (sink.isBlocked) sink.fault("is held for ever")
        if (sink.isStalled) sink.fault("never recovers")
        if (!sink.isFinishing && sink.next() !== undefined) sink.fault("has not got everything")
      }
    }
    const open = this.core.stats().subscribers
    this.count("subscribers at the end", open)
    this.model.closing = true
    this.core.close()
    for (const sink of this.present) {
      if (sink.options.hearsEnd && !sink.isGone && !sink.isFinishing) sink.fault("was not told of the end")
      sink.isGone = true
      if (sink.finishesOwed > 0) sink.fault("was never told that it has finished")
    }
    this.expectStats(0, 0)
    this.expect(this.timing.armed === 0, "a timer is armed after the end")
  }

  // --- the actions

  private act(act: Act): void {
    const { chance } = this
    const sink = chance.oneOf(this.present.filter((one) => !one.isGone))
    this.count(this.nested > 0 ? `${act}, nested` : act)
    if (this.nested > 0) sink?.touch()
    switch (act) {
      case "attach":
        if (this.present.length < mostPresent) this.attach()
        break
      case "publish":
        // A blocked publisher may publish all the same, and its frames must not be lost.
        if (sink !== undefined && (!sink.isBlocked || chance.percent(10))) this.publish(sink)
        break
      case "publish from outside":
        this.publish(undefined)
        break
      case "drain":
        if (sink?.isFull === true) sink.drain(this.room())
        break
      case "drain nothing":
        if (sink?.isFull === false) sink.member.drained()
        break
      case "take some":
        sink?.takeSome(chance.below(100))
        break
      case "finish":
        if (sink !== undefined) this.finish(sink)
        break
      case "detach":
        if (sink !== undefined) this.detach(sink)
        break
      case "throw":
        if (sink !== undefined && !sink.isFinishing) sink.willThrow = true
        break
      case "flush":
        this.core.flush()
        break
      case "pass time":
        this.timing.advance(chance.below(6000))
        break
    }
  }

  /** May do an action inside a callback of the hub. */
  private readonly inside = (): void => {
    if (this.quiet || this.nested >= mostNested || !this.chance.percent(12)) return
    this.nested++
    this.act(this.chance.weighted(acts))
    this.nested--
  }

  private attach(): void {
    const { chance, model } = this
    this.settle()
    const options = {
      connection: ConnectionId.make(this.sinks.length + 1, true),
      policy: chance.oneOf(policies) ?? "block",
      budgetBytes: chance.between(200, 1500),
      needsPublisher: chance.percent(30),
      hearsEnd: chance.percent(50),
      room: this.room(),
    }
    const sink = new ModelSink(model, options, this.inside)
    const { budgetBytes, connection, policy } = options
    sink.member = this.core.attach(sink, { connection, budgetBytes, slowConsumer: policy })
    this.sinks.push(sink)
    this.present.push(sink)
  }

  private publish(by: ModelSink | undefined): void {
    const texts: Array<string> = []
    for (let left = this.chance.between(1, 4); left > 0; left--) {
      const text = `${by?.connection ?? "-"}:${this.frames++}`
      texts.push(text.padEnd(this.chance.between(6, 90), "."))
    }
    const bytes = utf8(`${texts.join("\n")}\n`)
    this.model.add(bytes, by)
    if (by === undefined) this.core.publish(bytes)
    else by.member.publish(bytes)
  }

  private finish(sink: ModelSink): void {
    this.settle()
    if (!sink.isGone) sink.finish(this.inside)
  }

  private detach(sink: ModelSink): void {
    sink.isGone = true
    this.count("left full", sink.isFull ? 1 : 0)
    sink.member.detach()
  }

  // Attaching and finishing deliver the earlier publications. No other action happens meanwhile, because its
  // publications would belong to the subscriber or not by chance.
  private settle(): void {
    this.quietly(() => this.core.flush())
  }

  private quietly(act: () => void): void {
    const before = this.quiet
    this.quiet = true
    act()
    this.quiet = before
  }

  private room(): number {
    const kind = this.chance.below(4)
    return kind === 0 ? Number.POSITIVE_INFINITY : kind === 1 ? 0 : this.chance.between(1, 300)
  }

  // --- the checks after each turn

  private check(): void {
    // A publication makes the flush check the lag of all subscribers.
    this.quietly(() => {
      this.publish(undefined)
      this.core.flush()
    })
    for (const sink of this.present) {
      if (!sink.isGone) continue
      this.count(`gone, ${sink.options.policy}`)
      this.count("missed", sink.missed)
      if (sink.finishesOwed > 0) sink.fault("has gone, and was not told that it has finished")
    }
    this.present = this.present.filter((sink) => !sink.isGone)
    const lagging = this.present.filter((sink) => sink.isFull && !sink.isFinishing)
    const largestLag = Math.max(0, ...lagging.map((sink) => this.checkLag(sink)))
    for (const sink of this.present) {
      if (!sink.isFull && sink.next() !== undefined) sink.fault("takes everything, and has not got everything")
      if (sink.finishedShort) sink.fault("has finished, and has not got everything")
      if (!sink.isFull && sink.isStalled) sink.fault("takes everything, and has not recovered")
    }
    this.expectStats(this.present.length, lagging.length)
    const { retainedBytes } = this.core.stats()
    this.count("retained", retainedBytes)
    const slack = Math.max(this.joinedBytes, this.largestTurn)
    this.expect(retainedBytes <= (lagging.length === 0 ? 0 : largestLag + slack), `${retainedBytes} bytes are retained`)
    this.checkedTo = this.model.totalBytes
  }

  /** Returns the most bytes that the log may hold for a subscriber. */
  private checkLag(sink: ModelSink): number {
    const { least, most } = sink.lag()
    const { budgetBytes, policy } = sink.options
    if (least >= budgetBytes / 4 && !sink.isStalled) sink.fault(`lags by ${least} and was not told that it stalls`)
    if (policy === "disconnect" && least > budgetBytes) sink.fault(`lags by ${least} and was not cut off`)
    const mostLeft = Math.max(budgetBytes, sink.pending())
    if (policy === "drop-oldest" && least > mostLeft) sink.fault(`lags by ${least} and misses nothing`)
    return most - sink.pending()
  }

  private expectStats(subscribers: number, lagging: number): void {
    const stats = this.core.stats()
    this.expect(stats.subscribers === subscribers, `${stats.subscribers} subscribers instead of ${subscribers}`)
    this.expect(stats.lagging === lagging, `${stats.lagging} lagging instead of ${lagging}`)
    this.expect(lagging > 0 || stats.retainedBytes === 0, `${stats.retainedBytes} bytes are retained for nobody`)
  }

  private expect(holds: boolean, otherwise: string): void {
    if (!holds) this.model.faults.push(`the hub: ${otherwise}`)
  }

  private count(what: string, times = 1): void {
    this.counts[what] = (this.counts[what] ?? 0) + times
  }
}

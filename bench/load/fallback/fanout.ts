import { Absent } from "./absent.ts"
import type { Arguments } from "./arguments.ts"
import { Blocks } from "./blocks.ts"
import { Counts } from "./checker.ts"
import { type Connection, Dialler, forEachOf } from "./connection.ts"
import { WorkFailed } from "./ending.ts"
import { greetUntilHeard } from "./greeting.ts"
import { Histogram } from "./histogram.ts"
import { introduce } from "./introduction.ts"
import { rounded, say } from "./output.ts"
import { Pace, type Stop, sendFlatOut } from "./pace.ts"
import { type Plan, readPlan } from "./plan.ts"
import { Publisher } from "./publisher.ts"
import { Subscriber } from "./subscriber.ts"
import { now, settle, until, untilWindowIsOver, Window } from "./timing.ts"

/** Publishers send, subscribers read and check. */
export const fanout = async (args: Arguments): Promise<void> => {
  const fanout = await Fanout.connect(readPlan(args))
  await fanout.run()
}

class Fanout {
  private readonly plan: Plan
  private readonly window = new Window()
  private readonly latency = new Histogram()
  private readonly publishers: ReadonlyArray<Publisher>
  private readonly subscribers: ReadonlyArray<Subscriber>
  private readonly greeters: ReadonlyArray<Connection>
  private readonly pace: Pace | undefined

  static async connect(plan: Plan): Promise<Fanout> {
    const dialler = new Dialler(plan.port)
    const join = (subscribes: boolean) => async () => {
      const connection = await dialler.dial()
      await introduce(connection, plan.records.protocol, subscribes)
      return connection
    }
    const stalled = await forEachOf(plan.stalled, join(true))
    for (const connection of stalled) connection.stall()
    const subscribers = await forEachOf(plan.subscribers, join(true))
    const publishers = plan.isEverybody ? subscribers : await forEachOf(plan.publishers, join(false))
    return new Fanout(plan, subscribers, publishers)
  }

  private constructor(plan: Plan, subscribers: ReadonlyArray<Connection>, publishers: ReadonlyArray<Connection>) {
    this.plan = plan
    const { records, mode, rate, isEverybody } = plan
    this.publishers = publishers.map((connection, index) => new Publisher(index, connection, records, mode))
    this.pace = rate > 0 ? new Pace(this.publishers, rate, this.window) : undefined
    const blocks = new Blocks(records)
    this.subscribers = subscribers.map((connection, index) => {
      const onMessage = this.onMessageOf(index)
      const subscriber: Subscriber = new Subscriber(connection, this.window, {
        records,
        blocks,
        publishers: publishers.length,
        sentBy: (publisher) => this.publishers[publisher]?.handedOver ?? 0,
        ...(isEverybody ? { self: index } : {}),
        ...(onMessage === undefined
          ? {}
          : { onMessage: (publisher, sequence) => onMessage(subscriber, publisher, sequence) }),
      })
      return subscriber
    })
    // The first connection never hears its own hello, so another one has to say one too.
    this.greeters = publishers.slice(0, isEverybody ? 2 : 1)
    if (!isEverybody && records.protocol === "nats") for (const connection of publishers) answerPings(connection)
  }

  async run(): Promise<void> {
    const { plan, window } = this
    await greetUntilHeard(this.greeters, this.subscribers, plan.records)
    const connections = plan.subscribers + plan.stalled + (plan.isEverybody ? 0 : plan.publishers)
    say({ phase: "connected", connections })
    const begun = now()
    const stop = this.startAll()
    await until(begun + plan.warmup * 1000)
    say({ phase: "begin" })
    const sentBefore = this.sent
    window.begin()
    await untilWindowIsOver(window, plan, () => this.delivered)
    window.end()
    stop()
    const sentInWindow = this.sent - sentBefore
    say({ phase: "end" })
    await settle(() => {
      const received = this.counts().received
      const isSent = this.publishers.every(({ isFlushed }) => isFlushed) && (this.pace?.isDone ?? true)
      return { received, isDone: isSent && received >= this.expected }
    })
    this.pace?.giveUp()
    if (this.subscribers.every(({ connection }) => !connection.isOpen))
      throw new WorkFailed("all connections were lost")
    this.report(sentInWindow)
  }

  /** What is to be done with the messages that a subscriber gets, if anything. */
  private onMessageOf(
    index: number,
  ): ((subscriber: Subscriber, publisher: number, sequence: number) => void) | undefined {
    const { pace, latency, window, plan, publishers } = this
    if (pace !== undefined)
      return (subscriber, publisher, sequence) => {
        const intended = pace.intendedTime(publisher, sequence)
        // Whenever it comes: what comes late is what took longest.
        if (window.contains(intended)) latency.record(subscriber.readAt - intended)
      }
    if (plan.depth === 0) return undefined
    // The one before it sends its next message when its neighbour has got one.
    const before = (index + plan.subscribers - 1) % plan.subscribers
    const sender = publishers[before]
    return (_, publisher) => {
      if (publisher !== before || window.isOver || !sender?.hasRoom) return
      sender.prepare()
      sender.flush()
    }
  }

  private startAll(): Stop {
    if (this.pace !== undefined) return this.pace.start()
    if (this.plan.depth === 0) return sendFlatOut(this.publishers)
    for (const publisher of this.publishers) {
      for (let message = 0; message < this.plan.depth; message++) publisher.prepare()
      publisher.flush()
    }
    return () => {}
  }

  private get sent(): number {
    return this.publishers.reduce((sum, publisher) => sum + publisher.owed, 0)
  }

  private get delivered(): number {
    return this.subscribers.reduce((sum, { inWindow }) => sum + inWindow, 0)
  }

  /** Deliveries that there would be if nothing were lost. */
  private get expected(): number {
    const { sent } = this
    return this.subscribers.reduce((sum, _, index) => sum + this.expectedBy(index, sent), 0)
  }

  /** Of so many messages in all, those that a subscriber is to get: all but its own. */
  private expectedBy(index: number, sent: number): number {
    return sent - (this.plan.isEverybody ? (this.publishers[index]?.owed ?? 0) : 0)
  }

  private counts(): Counts {
    const sum = new Counts()
    for (const { checker } of this.subscribers) sum.add(checker.counts)
    return sum
  }

  private report(sentInWindow: number): void {
    const { window, subscribers, expected, sent } = this
    const { received, doubled, reordered, corrupt, torn, own } = this.counts()
    const absent = new Absent()
    for (const [index, { checker, connection }] of subscribers.entries())
      absent.add(checker.counts, this.expectedBy(index, sent), connection.isOpen)
    const { seconds } = window
    const { delivered } = this
    const least = subscribers.reduce((found, { inWindow }) => Math.min(found, inWindow), Number.POSITIVE_INFINITY)
    const stall = subscribers.reduce((found, { longestStall }) => Math.max(found, longestStall), 0)
    say({
      phase: "result",
      work: "fanout",
      seconds: rounded(seconds, 4),
      sent,
      delivered,
      perSecond: rounded(delivered / seconds, 1),
      sentPerSecond: rounded(sentInWindow / seconds, 1),
      expected,
      received,
      ...absent,
      doubled,
      reordered,
      corrupt,
      torn,
      own,
      disconnected: subscribers.filter(({ connection }) => !connection.isOpen).length,
      cpu: rounded(window.cpu, 3),
      longestStallMillis: rounded(stall, 2),
      slowestShare: rounded((least * subscribers.length) / delivered, 4),
      ...(this.pace === undefined ? {} : { latencyMicros: this.latency.percentiles(), latencies: this.latency.count }),
    })
  }
}

/** Nothing but pings comes to a publisher of nats. */
const answerPings = (connection: Connection): void => {
  let line = ""
  connection.onBytes = (bytes, length) => {
    const lines = `${line}${bytes.toString("latin1", 0, length)}`.split("\r\n")
    line = lines.pop() ?? ""
    for (const each of lines) if (each === "PING") connection.write("PONG\r\n")
  }
}

import { Absent } from "./absent.ts"
import type { Arguments } from "./arguments.ts"
import { Blocks } from "./blocks.ts"
import { Counts } from "./checker.ts"
import { type Connection, Dialler, forEachOf } from "./connection.ts"
import { WorkFailed } from "./ending.ts"
import { Histogram } from "./histogram.ts"
import { rounded, say } from "./output.ts"
import { Records } from "./records.ts"
import { Subscriber } from "./subscriber.ts"
import { now, settle, until, untilWindowIsOver, Window } from "./timing.ts"

/** Each connection keeps so many messages under way; each comes back to it, and is answered with the next one. */
export const echo = async (args: Arguments): Promise<void> => {
  const connections = args.count("connections", 50)
  const warmup = args.number("warmup", 0.5)
  const seconds = args.number("seconds", 2)
  const least = args.number("least", 0)
  const work: Work = {
    records: new Records("raw", args.number("size", 64)),
    depth: args.count("depth", 1),
    window: new Window(),
    latency: new Histogram(),
  }
  const dialler = new Dialler(args.port())
  const blocks = new Blocks(work.records)
  const dialled = await forEachOf(connections, () => dialler.dial())
  const peers = dialled.map((connection) => new Peer(connection, work, blocks))
  say({ phase: "connected", connections })
  const begun = now()
  for (const peer of peers) peer.start()
  await until(begun + warmup * 1000)
  say({ phase: "begin" })
  work.window.begin()
  await untilWindowIsOver(work.window, { seconds, least }, () => roundTripsOf(peers))
  work.window.end()
  say({ phase: "end" })
  await settle(() => {
    const { received } = countsOf(peers)
    return { received, isDone: received >= sentBy(peers) }
  })
  if (peers.every(({ isOpen }) => !isOpen)) throw new WorkFailed("all connections were lost")
  report(peers, work)
}

interface Work {
  readonly records: Records
  readonly depth: number
  readonly window: Window
  readonly latency: Histogram
}

class Peer {
  sent = 0
  readonly subscriber: Subscriber
  private readonly connection: Connection
  private readonly work: Work
  private readonly sentAt: Float64Array
  private answers = 0

  constructor(connection: Connection, work: Work, blocks: Blocks) {
    this.connection = connection
    this.work = work
    this.sentAt = new Float64Array(work.depth)
    this.subscriber = new Subscriber(connection, work.window, {
      records: work.records,
      blocks,
      publishers: 1,
      sentBy: () => this.sent,
      onMessage: (_, sequence) => this.onBack(sequence),
    })
    const { onBytes } = connection
    connection.onBytes = (bytes, length) => {
      onBytes(bytes, length)
      // All that one read gave is answered with one write.
      const { answers } = this
      this.answers = 0
      if (answers > 0 && !work.window.isOver) this.send(answers, this.subscriber.readAt)
    }
  }

  get isOpen(): boolean {
    return this.connection.isOpen
  }

  start(): void {
    this.send(this.work.depth, now())
  }

  private onBack(sequence: number): void {
    this.answers++
    const { window, latency, depth } = this.work
    const sentAt = this.sentAt[sequence % depth] ?? Number.NaN
    // Also of what comes back behind the end of the window: that is what took longest.
    if (window.contains(sentAt)) latency.record(this.subscriber.readAt - sentAt)
  }

  private send(count: number, time: number): void {
    const { sent } = this.work.records
    // A buffer of its own for each write: one that the system has not taken may not be changed.
    const bytes = Buffer.allocUnsafe(count * sent.size)
    for (let message = 0; message < count; message++) {
      this.sentAt[this.sent % this.work.depth] = time
      sent.write(bytes, message * sent.size, 0, this.sent++)
    }
    this.connection.write(bytes)
  }
}

const sentBy = (peers: ReadonlyArray<Peer>): number => peers.reduce((sum, { sent }) => sum + sent, 0)

const roundTripsOf = (peers: ReadonlyArray<Peer>): number =>
  peers.reduce((sum, { subscriber }) => sum + subscriber.inWindow, 0)

const countsOf = (peers: ReadonlyArray<Peer>): Counts => {
  const sum = new Counts()
  for (const { subscriber } of peers) sum.add(subscriber.checker.counts)
  return sum
}

const report = (peers: ReadonlyArray<Peer>, { window, latency }: Work): void => {
  const { doubled, reordered, corrupt, torn, own } = countsOf(peers)
  const absent = new Absent()
  for (const { subscriber, sent, isOpen } of peers) absent.add(subscriber.checker.counts, sent, isOpen)
  const roundTrips = roundTripsOf(peers)
  say({
    phase: "result",
    work: "echo",
    seconds: rounded(window.seconds, 4),
    roundTrips,
    perSecond: rounded(roundTrips / window.seconds, 1),
    ...absent,
    doubled,
    reordered,
    corrupt,
    torn,
    own,
    disconnected: peers.filter(({ isOpen }) => !isOpen).length,
    cpu: rounded(window.cpu, 3),
    latencyMicros: latency.percentiles(),
    latencies: latency.count,
  })
}

import type * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { HubDetachReason, HubHistoryProblem, InvalidPayloadError } from "../../src/domain/index.ts"
import type { Bus, BusObserver, ConnectBus, RefusedSubject } from "../../src/hub/nats/internal/Bus.ts"
import type { HistoryStore } from "../../src/hub/nats/internal/HistoryStore.ts"

/** The messages of a subject that NATS stores. */
export interface VirtualStorage {
  readonly subject: string
  readonly messages: Array<{ readonly bytes: Uint8Array; readonly at: number }>
  /** Why NATS cannot store messages. */
  problem: HubHistoryProblem | undefined
  /** Runs when a node has read one half of the messages. */
  onRead?: Effect.Effect<void, InvalidPayloadError> | undefined
}

/** A message on its way from one node to another. */
interface Message {
  readonly subject: string
  readonly bytes: Uint8Array
}

/** A node on a {@link VirtualBus}. The test connects it, stalls it, and loses its messages. */
export class BusNode {
  private readonly network: VirtualBus
  private readonly observer: BusObserver
  readonly clock: Clock.Clock
  private readonly subscriptions = new Map<string, Set<(bytes: Uint8Array) => void>>()
  private waiting: Array<() => void> = []
  private isConnected = true
  private stalled = false
  /** Decides for each message to this node whether it is lost. */
  loses: (message: Message) => boolean = () => false
  /** All subjects with messages that this node has published. */
  readonly published: Array<string> = []
  mostBytes = 1024 * 1024

  constructor(network: VirtualBus, observer: BusObserver, clock: Clock.Clock) {
    this.clock = clock
    this.network = network
    this.observer = observer
  }

  get bus(): Bus {
    return {
      server: () => "virtual:4222",
      mostBytes: () => this.mostBytes,
      publish: (subject, bytes) => {
        if (bytes.length > this.mostBytes) throw new Error(`a message of ${bytes.length} bytes`)
        this.published.push(subject)
        this.later(() => this.network.carry(this, { subject, bytes }))
      },
      subscribe: (subject, onMessage) => {
        const all = this.subscriptions.get(subject) ?? new Set()
        this.subscriptions.set(subject, all.add(onMessage))
        return () => {
          all.delete(onMessage)
          if (all.size === 0) this.subscriptions.delete(subject)
        }
      },
      confirm: (done) => this.later(done),
      ...(this.network.storage === undefined ? {} : { history: historyOf(this.network.storage) }),
    }
  }

  get subjects(): ReadonlyArray<string> {
    return [...this.subscriptions.keys()]
  }

  private later(step: () => void): void {
    if (!this.isConnected) return
    if (this.stalled) this.waiting.push(step)
    else this.network.later(step)
  }

  receive(message: Message): void {
    if (!this.isConnected || this.loses(message)) return
    for (const onMessage of this.subscriptions.get(message.subject) ?? []) onMessage(message.bytes)
  }

  /** Ends the connection. Messages that the server has not taken are lost. */
  disconnect(reason: HubDetachReason = { _tag: "ConnectionEnded", server: "virtual:4222" }): void {
    this.isConnected = false
    this.waiting = []
    this.observer.onDisconnected(reason)
  }

  connect(): void {
    this.isConnected = true
    this.observer.onConnected("virtual:4222")
  }

  close(): void {
    this.isConnected = false
  }

  /** The server takes nothing from this node. */
  stall(): void {
    this.stalled = true
  }

  /** The server takes the oldest `count` steps that wait. */
  take(count: number): void {
    for (const step of this.waiting.splice(0, count)) this.network.later(step)
  }

  /** The server does not allow a subject. */
  refuse(refused: RefusedSubject): void {
    this.observer.onRefused(refused)
  }

  /** The server takes what has waited. */
  resume(): void {
    this.stalled = false
    const { waiting } = this
    this.waiting = []
    for (const step of waiting) this.network.later(step)
  }
}

/** A network with the promises of NATS: messages of one node arrive in order, and not at itself. */
export class VirtualBus {
  readonly nodes: Array<BusNode> = []
  private steps: Array<() => void> = []
  storage: VirtualStorage | undefined

  /** Connects a node. */
  readonly connect: ConnectBus = (observer) =>
    Effect.map(
      Effect.acquireRelease(
        Effect.map(Effect.clock, (clock) => {
          const node = new BusNode(this, observer, clock)
          this.nodes.push(node)
          return node
        }),
        (node) => Effect.sync(() => node.close()),
      ),
      ({ bus }) => bus,
    )

  node(at: number): BusNode {
    const node = this.nodes[at]
    if (node === undefined) throw new Error(`there is no node ${at}`)
    return node
  }

  carry(from: BusNode, message: Message): void {
    const { storage } = this
    if (storage?.problem === undefined && storage?.subject === message.subject) {
      storage.messages.push({ bytes: message.bytes, at: from.clock.unsafeCurrentTimeMillis() })
    }
    for (const node of this.nodes) if (node !== from) node.receive(message)
  }

  later(step: () => void): void {
    if (this.steps.push(step) === 1) setImmediate(() => this.run())
  }

  private run(): void {
    const { steps } = this
    this.steps = []
    for (const step of steps) step()
  }
}

const historyOf = (storage: VirtualStorage): HistoryStore => {
  const prepare = Effect.suspend(() =>
    storage.problem === undefined ? Effect.succeed(storage.messages.length) : Effect.fail(storage.problem),
  )
  return {
    prepare,
    read: (onMessage) =>
      Effect.gen(function* () {
        yield* prepare
        const half = Math.floor(storage.messages.length / 2)
        for (const [at, message] of storage.messages.slice(0, half).entries()) onMessage({ ...message, number: at + 1 })
        yield* Effect.orDie(storage.onRead ?? Effect.void)
        const rest = storage.messages.slice(half)
        for (const [at, message] of rest.entries()) onMessage({ ...message, number: half + at + 1 })
      }),
  }
}

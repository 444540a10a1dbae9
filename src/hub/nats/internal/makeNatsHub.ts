import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { settings as check, type HubNotice, limits, SettingsError } from "../../../domain/index.ts"
import { checkSubscription, EventBus } from "../../../runtime/EventBus.ts"
import { machineTiming } from "../../../runtime/machineTiming.ts"
import { Tap } from "../../../runtime/Tap.ts"
import { makeTiming } from "../../../runtime/Timing.ts"
import { type BareHub, type HubObserver, makeHubs } from "../../index.ts"
import { type NatsHubOptions, natsChecks, natsDefaults } from "../NatsHubOptions.ts"
import type { NatsHubEvent, NatsHubService } from "../NatsHubService.ts"
import type { NatsConnectError, NatsMissingError } from "../natsErrors.ts"
import type { ConnectBus } from "./Bus.ts"
import { Gaps } from "./Gaps.ts"
import { keepHistory } from "./History.ts"
import { HubBridge } from "./HubBridge.ts"
import { NatsLink } from "./NatsLink.ts"
import { NodeName } from "./NodeName.ts"
import { type NatsBusOptions, natsBus } from "./natsBus.ts"
import { SharedHub } from "./SharedHub.ts"
import { subjectsOf } from "./subjects.ts"

// How long a node that starts waits for the answers of the other nodes, before it says that it is attached.
const answerTimeout = Duration.millis(500)

// How long a node that was detached waits for the nodes that were there before. When NATS was away, all nodes come back
// within the longest pause between two attempts to connect, which is 2 s.
const returnTimeout = Duration.seconds(3)

// How long a node keeps the positions of a silent node. A node that comes back later is new.
const forgetAfter = Duration.minutes(10)

// How long the end of a hub waits for NATS to take its last frames.
const endTimeout = Duration.seconds(1)

const epochs = 2 ** 48

/** Makes a hub on NATS. `connect` makes the bus; the default is the client of NATS. */
export const makeNatsHub = (
  options: NatsHubOptions,
  connect: (options: NatsBusOptions) => ConnectBus = natsBus,
): Effect.Effect<NatsHubService, SettingsError | NatsConnectError | NatsMissingError, Scope.Scope> =>
  Effect.gen(function* () {
    const checked = yield* Either.mapLeft(check.checkSettings(options, natsChecks), withoutPasswordsOf(options))
    const hubs = yield* makeHubs(options)
    const timing = yield* makeTiming
    const next = yield* random
    const nextEpoch = () => Math.floor(next() * epochs)
    const node = checked.node ?? NodeName.random(next)
    const epoch = nextEpoch()
    const { framing } = hubs
    const queueBytes = checked.queueBytes ?? natsDefaults.queueBytes
    const subjects = subjectsOf(checked.hub ?? natsDefaults.hub, framing.name)
    const tap = yield* Tap.make<HubObserver>()
    const events = new EventBus<NatsHubEvent>({
      now: timing.now,
      missedEvent: (missed, stamp) => ({ ...stamp, _tag: "EventsMissed", missed }),
      onBlocked: () => undefined,
    })
    yield* Effect.addFinalizer(() => Effect.sync(() => events.end()))
    let onAttached = (): void => {}
    const emit = (notice: HubNotice): void => {
      events.emitOwn((seq, at) => ({ ...notice, seq, at }))
      tap.tell((observer) => observer.onNotice?.(notice))
      if (notice._tag === "HubAttached") onAttached()
    }
    const link = new NatsLink(
      {
        node,
        epoch,
        framing: framing.name,
        nodesSubject: subjects.nodes,
        subjectPrefix: subjects.prefix,
        queueBytes,
        stallTimeout: durationOf(checked.stallTimeout, natsDefaults.stallTimeout),
        announceInterval: durationOf(checked.announceInterval, natsDefaults.announceInterval),
        nodeTimeout: durationOf(checked.nodeTimeout, natsDefaults.nodeTimeout),
        answerTimeout,
        returnTimeout,
        forgetAfter,
        emit,
      },
      timing,
    )
    const window = hubs.makeHistory()
    const bus = yield* connect({
      servers: typeof checked.servers === "string" ? [checked.servers] : checked.servers,
      connectTimeout: durationOf(checked.connectTimeout, natsDefaults.connectTimeout),
      name: `tcpfx ${node}`,
      ...(checked.auth === undefined ? {} : { auth: checked.auth }),
      ...(checked.tls === undefined ? {} : { tls: checked.tls }),
      ...(window === undefined ? {} : { history: { ...subjects, frames: subjects.all, limits: window.limits } }),
    })(link)
    link.use(bus)
    yield* Effect.addFinalizer(() => Effect.sync(() => link.presence.end()))
    yield* Effect.addFinalizer(() => endLink(link))
    const dropsArrived = (options.slowConsumer ?? limits.slowConsumer) === "block"
    const joined = (hub: BareHub, subject: string, ownEpoch: number, gaps?: Gaps): HubBridge => {
      const settings = { framing, subject, epoch: ownEpoch, queueBytes, dropsArrived, gaps }
      const bridge = new HubBridge(hub, link, settings)
      link.add(bridge)
      return bridge
    }
    const hub = yield* Effect.acquireRelease(
      Effect.sync(() => hubs.create("", window)),
      (made) => Effect.sync(() => made.close()),
    )
    const store = window === undefined ? undefined : bus.history
    const gaps = window === undefined || store === undefined ? undefined : new Gaps(window)
    const bridge = joined(hub, subjects.all, epoch, gaps)
    link.useMain(bridge)
    if (window !== undefined && store !== undefined && gaps !== undefined) {
      const isAttached = () => link.isAttached
      onAttached = yield* keepHistory({ store, stream: subjects.stream, window, gaps, bridge, isAttached, emit })
    }
    link.begin()
    const createRoom = (name: string): BareHub => {
      const room = hubs.create(name)
      return new SharedHub(room, joined(room, subjects.room(name), nextEpoch()), link)
    }
    const service = hubs.serviceOf(hub)
    return {
      ...service,
      // The bridge is no subscriber of the program.
      stats: Effect.map(service.stats, (stats) => ({ ...stats, subscribers: stats.subscribers - 1 })),
      network: {
        clients: Effect.sync(() => link.presence.clients.others),
        presence: Stream.unwrapScoped(
          Effect.map(
            Effect.acquireRelease(
              Effect.sync(() => link.presence.clients.watch()),
              (watch) => Effect.sync(() => link.presence.clients.unwatch(watch)),
            ),
            (watch) => watch.stream,
          ),
        ),
        opened: (id, remote, since) => link.presence.clients.opened(id, remote, since),
        closed: (id) => link.presence.clients.closed(id),
      },
      rooms: { ...hubs, isShared: true, create: createRoom, members: link.presence.members },
      observe: (observer) => Effect.zipRight(service.observe(observer), tap.observe(observer)),
      natsState: Effect.sync(() => ({
        node,
        attached: link.isAttached,
        server: link.server,
        nodes: link.nodes.live,
        pendingBytes: link.pendingBytes(),
      })),
      subscribeEvents: (subscribeOptions) =>
        Effect.flatMap(checkSubscription(subscribeOptions), (subscription) => events.subscribe(subscription)),
      events: Stream.unwrapScoped(events.subscribe()),
    }
  })

const durationOf = (given: Duration.Duration | undefined, fallback: Duration.DurationInput): Duration.Duration =>
  given ?? Duration.decode(fallback)

/** The address of a server can contain a password, so the error does not quote it. */
const withoutPasswordsOf =
  ({ servers }: NatsHubOptions) =>
  (error: SettingsError): SettingsError =>
    error.field === "servers" && String(servers).includes("@")
      ? new SettingsError({ ...error, value: "this address" })
      : error

/** A source of random numbers from 0 to 1. */
const random = Effect.map(Effect.random, (source) => () => Effect.runSync(source.next))

const endLink = (link: NatsLink): Effect.Effect<void> =>
  Effect.async<void>((resume) => {
    const cancel = machineTiming.after(endTimeout, () => resume(Effect.void))
    link.end(() => {
      cancel()
      resume(Effect.void)
    })
  })

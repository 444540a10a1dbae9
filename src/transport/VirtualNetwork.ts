import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import { PCGRandom } from "effect/Utils"
import { loopbackOf } from "../domain/hostText.ts"
import {
  ConnectError,
  settings as check,
  type Endpoint,
  type ListenEndpoint,
  ListenError,
  type SettingsError,
  tcpEndpoint,
} from "../domain/index.ts"
import { makeTiming } from "../runtime/Timing.ts"
import { Waiters } from "../runtime/Waiters.ts"
import { Link, type LinkOptions, linkChecks, type VirtualHost } from "./memory/Link.ts"
import { makeMemoryNetwork } from "./memory/memoryNetwork.ts"
import { createWirePair } from "./memory/memoryWire.ts"
import { Relay } from "./memory/Relay.ts"
import { Transport, type TransportService } from "./Transport.ts"

export type { LinkOptions } from "./memory/Link.ts"

/** Options of a {@link VirtualNetwork}. */
export interface VirtualNetworkOptions {
  /** The behaviour of all directions at the start. Default: bytes arrive at once, as in `MemoryTransport`. */
  readonly link?: LinkOptions
  /** The seed of the sizes that `chunkBytes` chooses. The same seed gives each connection the same sizes. Default 1. */
  readonly seed?: number
  /**
   * The bytes of each of the three buffers of a direction: of the sender, in flight, and of the receiver. Like the window
   * of TCP, it limits a direction with latency to this number of bytes for each latency. Default 65536.
   */
  readonly capacityBytes?: number
}

/** What a heal does with the bytes that were sent during the partition. */
export type Held = "deliver" | "reset"

/** The operations of a {@link VirtualNetwork}. A host is known by its name, and exists from its first use. */
export interface VirtualNetworkService {
  /**
   * The network as the programs of a host see it. The host has an address that its name resolves to on all hosts. It dials
   * from this address, and a listener on a wildcard (`0.0.0.0`) listens on it. Loopback addresses and unix sockets stay
   * within the host, and its links do not change them.
   */
  readonly host: (name: string) => TransportService
  /** Changes one direction between two hosts. Fields that are absent stay as they are. Bytes in flight keep their time. */
  readonly setLink: (from: string, to: string, link: LinkOptions) => Effect.Effect<void, SettingsError>
  /**
   * Parts two hosts, both ways. Bytes, FINs and resets between them wait, and neither side learns of it. New connections
   * wait too, until the deadline of the client.
   */
  readonly partition: (one: string, other: string) => Effect.Effect<void>
  /**
   * Ends a partition. "deliver", the default: everything that waits arrives, as after retransmissions. "reset": each
   * connection that waits with bytes or a FIN is reset on both sides. TCP never delivers a stream with a gap.
   */
  readonly heal: (one: string, other: string, held?: Held) => Effect.Effect<void>
  /** The programs of a host read nothing any more: bytes and FINs to it wait, until the buffers of the senders are full. */
  readonly stopReading: (host: string) => Effect.Effect<void>
  /** Ends {@link stopReading}. */
  readonly startReading: (host: string) => Effect.Effect<void>
  /** Resets all connections between two hosts on both sides. Returns their number. */
  readonly reset: (one: string, other: string) => Effect.Effect<number>
  /**
   * Loses all connections between two hosts without a sign, as when a router forgets them: nothing arrives any more, and
   * neither side learns of it. New connections work. Returns their number.
   */
  readonly silence: (one: string, other: string) => Effect.Effect<number>
  /** The bytes in flight in one direction. */
  readonly inFlight: (from: string, to: string) => Effect.Effect<number>
}

/**
 * A network of hosts inside this process, with latency, limited speed, losses, partitions and split reads, under the
 * control of a test. Times follow the Effect clock, so `TestClock` moves them. Nothing is random except sizes of reads,
 * which a seed decides.
 *
 * @example
 * import { Effect, Option } from "effect"
 * import { Client } from "tcpfx/client"
 * import { tcpEndpoint } from "tcpfx/domain"
 * import { Handler, Server } from "tcpfx/server"
 * import { VirtualNetwork } from "tcpfx/testing"
 *
 * const program = Effect.gen(function* () {
 *   const network = yield* VirtualNetwork
 *   const server = yield* Effect.provide(Server.make({ handler: Handler.echo() }), VirtualNetwork.host("home"))
 *   yield* server.listen(tcpEndpoint("home", 7))
 *   const client = yield* Effect.provide(Client.make(), VirtualNetwork.host("away"))
 *   const connection = yield* client.connect(tcpEndpoint("home", 7))
 *   yield* network.partition("home", "away")
 *   yield* connection.send(new TextEncoder().encode("held"))
 *   yield* network.heal("home", "away")
 *   return new TextDecoder().decode(Option.getOrThrow(yield* connection.receive))
 * })
 * const text = await Effect.runPromise(program.pipe(Effect.scoped, Effect.provide(VirtualNetwork.layer())))
 * assert.equal(text, "held")
 */
export class VirtualNetwork extends Context.Tag("tcpfx/testing/VirtualNetwork")<
  VirtualNetwork,
  VirtualNetworkService
>() {
  /** A network. The end of the scope resets its connections. Fails with the first invalid option. */
  static readonly make = (
    options: VirtualNetworkOptions = {},
  ): Effect.Effect<VirtualNetworkService, SettingsError, Scope.Scope> => makeNetwork(options)

  /** A network, as a layer. */
  static readonly layer = (options: VirtualNetworkOptions = {}): Layer.Layer<VirtualNetwork, SettingsError> =>
    Layer.scoped(VirtualNetwork, makeNetwork(options))

  /** The network as the programs of a host see it; see `host` of the service. */
  static readonly host = (name: string): Layer.Layer<Transport, never, VirtualNetwork> =>
    Layer.effect(
      Transport,
      Effect.map(VirtualNetwork, (network) => network.host(name)),
    )
}

const optionChecks: check.SettingChecks<VirtualNetworkOptions> = {
  link: { expected: "the options of a link", accepts: (value) => typeof value === "object" && value !== null },
  seed: check.wholeNumber(0, Number.MAX_SAFE_INTEGER),
  capacityBytes: check.wholeNumber(1, Number.MAX_SAFE_INTEGER),
}

const isLoopback = (host: string): boolean => host === "localhost" || host === "::1" || host.startsWith("127.")

// The addresses of hosts are 10.0.0.1, 10.0.0.2 and so on (RFC 1918).
const addressOf = (index: number): string => `10.${(index >> 16) & 255}.${(index >> 8) & 255}.${index & 255}`

const makeNetwork = Effect.fnUntraced(function* (options: VirtualNetworkOptions) {
  const { capacityBytes = 65_536, link: first = {}, seed = 1 } = yield* check.checkSettings(options, optionChecks)
  const initial = yield* check.checkSettings(first, linkChecks, "link.")
  const timing = yield* makeTiming
  const hosts = new Map<string, VirtualHost>()
  const links = new Map<string, Link>()
  const healed = new Waiters()
  let connections = 0

  const hostOf = (name: string): VirtualHost => {
    const known = hosts.get(name)
    if (known !== undefined) return known
    const host: VirtualHost = { name, address: addressOf(hosts.size + 1), isReading: true }
    hosts.set(name, host)
    return host
  }
  const linkOf = (from: string, to: string): Link => {
    const key = JSON.stringify([from, to])
    const known = links.get(key)
    if (known !== undefined) return known
    const link = new Link(hostOf(to))
    link.set(initial)
    links.set(key, link)
    return link
  }
  const both = (one: string, other: string) => [linkOf(one, other), linkOf(other, one)] as const
  const nameOf = (endpoint: Endpoint): string | undefined =>
    endpoint._tag === "Tcp" ? [...hosts.values()].find(({ address }) => address === endpoint.host)?.name : undefined

  const lan = makeMemoryNetwork({
    namedAddresses: (name) => [hosts.get(name)?.address].filter((address) => address !== undefined),
    join: (local, remote) => {
      const near = createWirePair(local, remote, capacityBytes)
      const far = createWirePair(local, remote, capacityBytes)
      const random = new PCGRandom(seed + connections++)
      new Relay(near, far, both(nameOf(local) ?? "", nameOf(remote) ?? ""), { timing, random, capacityBytes })
      return [near[0], far[1]]
    },
  })

  /** Waits until the hosts are not parted, and for the time of SYN and SYN-ACK. */
  const handshake = (from: string, to: string): Effect.Effect<void> =>
    Effect.suspend(() => {
      const [there, back] = both(from, to)
      const arrival = there.latencyMillis + back.latencyMillis
      const reached = healed.until(() => !there.isParted)
      return arrival === 0
        ? reached
        : Effect.zipRight(
            Effect.zipRight(reached, Effect.sleep(arrival)),
            Effect.suspend(() => reached),
          )
    })

  const host = (name: string): TransportService => {
    const own = hostOf(name)
    const local = makeMemoryNetwork({
      namedAddresses: (other) => (other === "localhost" ? ["127.0.0.1"] : []),
      join: (near, far) => createWirePair(near, far, capacityBytes),
    })
    const isLocal = (endpoint: ListenEndpoint) => endpoint._tag !== "Tcp" || isLoopback(endpoint.host)
    return {
      listen: (endpoint, listenOptions, handlers) => {
        if (endpoint._tag !== "Tcp" || isLocal(endpoint)) return local.listen(endpoint, listenOptions, handlers)
        const isOwn = loopbackOf(endpoint.host) !== undefined || endpoint.host === name || endpoint.host === own.address
        return isOwn
          ? lan.listen(tcpEndpoint(own.address, endpoint.port), listenOptions, handlers)
          : Effect.fail(new ListenError({ endpoint, reason: "AddressNotAvailable", code: "EADDRNOTAVAIL" }))
      },
      dial: (endpoint, source) => {
        if (isLocal(endpoint)) return local.dial(endpoint, source)
        if (source?.host !== undefined && source.host !== own.address) {
          return Effect.fail(new ConnectError({ endpoint, reason: "SourceUnavailable", code: "EADDRNOTAVAIL" }))
        }
        const dial = lan.dial(endpoint, { host: own.address, port: source?.port })
        const to = nameOf(endpoint)
        return to === undefined ? dial : Effect.zipRight(handshake(name, to), dial)
      },
      resolve: (other) => (isLoopback(other) ? local : lan).resolve(other),
    }
  }

  const relaysBetween = (one: string, other: string): ReadonlyArray<Relay> => [...linkOf(one, other).relays]
  const setReading = (name: string, isReading: boolean) =>
    Effect.sync(() => {
      hostOf(name).isReading = isReading
      for (const link of links.values()) if (link.to.name === name) for (const relay of link.relays) relay.pump()
    })

  yield* Effect.addFinalizer(() =>
    Effect.sync(() => {
      for (const link of links.values()) for (const relay of [...link.relays]) relay.reset()
    }),
  )

  return VirtualNetwork.of({
    host,
    setLink: (from, to, changed) =>
      Effect.map(check.checkSettings(changed, linkChecks), (checked) => linkOf(from, to).set(checked)),
    partition: (one, other) =>
      Effect.sync(() => {
        for (const link of both(one, other)) link.isParted = true
      }),
    heal: (one, other, held = "deliver") =>
      Effect.sync(() => {
        for (const link of both(one, other)) link.isParted = false
        for (const relay of relaysBetween(one, other)) {
          if (held === "reset" && relay.isBusy()) relay.reset()
          else relay.pump()
        }
        healed.wake()
      }),
    stopReading: (name) => setReading(name, false),
    startReading: (name) => setReading(name, true),
    reset: (one, other) =>
      Effect.sync(() => {
        const found = relaysBetween(one, other)
        for (const relay of found) relay.reset()
        return found.length
      }),
    silence: (one, other) =>
      Effect.sync(() => {
        const found = relaysBetween(one, other)
        for (const relay of found) relay.silence()
        return found.length
      }),
    inFlight: (from, to) =>
      Effect.sync(() => {
        const link = linkOf(from, to)
        return [...link.relays].reduce((sum, relay) => sum + relay.inFlight(link), 0)
      }),
  })
})

import type { ServerEvent, SlowConsumerPolicy } from "../../src/domain/index.ts"
import { RelayBook } from "./relayBook.ts"
import { addressOf, RelayPeer, type Told } from "./relayPeer.ts"
import type { Chance } from "./stressSeeds.ts"

/** The rules of a storm. */
export interface StormRules {
  readonly policy: SlowConsumerPolicy
  /** The number of peers in all, and at one time. */
  readonly crowd: number
  readonly atOnce: number
  /** The weight of a stalled peer reading on. A stall has the weight 6. */
  readonly resumes: number
  readonly budgetBytes: number
  readonly longestLine: number
  /** The percentage of stalled peers that never read again. Only for `disconnect`. */
  readonly deafShare: number
}

/** Actions of the test on connections, from outside. */
export interface StormHands {
  readonly dial: (peer: RelayPeer) => void
  readonly kick: (told: Told, how: "fin" | "reset") => void
}

type Act = "join" | "publish" | "stall" | "resume" | "half-close" | "leave" | "kick"

const actsOf = (rules: StormRules): ReadonlyArray<readonly [weight: number, act: Act]> => [
  [14, "join"],
  [60, "publish"],
  [6, "stall"],
  [rules.resumes, "resume"],
  [2, "half-close"],
  [3, "leave"],
  [1, "kick"],
]

const stayers = 3

// The server counts more bytes as queued than the peer has not received: a large write counts until the kernel has
// taken all of it, and the peer's own lines after it count too.
const slack = 4

/** Peers that join, write, stall and leave one server at random, and the events of the server. */
export class RelayStorm {
  readonly book = new RelayBook()
  readonly peers: Array<RelayPeer> = []
  readonly counts: Record<string, number> = {}
  private readonly rules: StormRules
  private readonly acts: ReturnType<typeof actsOf>
  private readonly chance: Chance
  private readonly hands: StormHands
  // The connection of a peer and the event of the server come in any order.
  private readonly unknown = new Map<string, RelayPeer>()
  private readonly unclaimed = new Map<string, Told>()
  private readonly told = new Map<number, Told>()

  constructor(rules: StormRules, chance: Chance, hands: StormHands) {
    this.rules = rules
    this.acts = actsOf(rules)
    this.chance = chance
    this.hands = hands
  }

  // --- connections and events

  /** A peer has connected. */
  isThere(peer: RelayPeer): void {
    const { address } = peer
    const told = address === undefined ? undefined : this.unclaimed.get(address)
    if (address === undefined) return
    if (told === undefined) this.unknown.set(address, peer)
    else peer.know(told)
    this.unclaimed.delete(address)
  }

  /** The server emitted an event. */
  hear(event: ServerEvent): void {
    if (!("id" in event)) return
    this.count(event._tag)
    const told: Told = this.told.get(event.id) ?? {
      id: event.id,
      missed: 0,
      peerEnded: false,
      isCut: false,
      isKicked: false,
      closed: undefined,
    }
    this.told.set(event.id, told)
    switch (event._tag) {
      case "ConnectionOpened": {
        const address = addressOf(event.remote)
        const peer = this.unknown.get(address)
        if (peer === undefined) this.unclaimed.set(address, told)
        else peer.know(told)
        this.unknown.delete(address)
        break
      }
      case "ConnectionHalfClosed":
        if (event.by === "peer") told.peerEnded = true
        break
      case "FramesDropped":
        told.missed += event.missed
        if (told.missed !== event.total) this.book.fault(`#${event.id} missed ${told.missed}, told as ${event.total}`)
        this.count("frames missed", event.missed)
        break
      case "ConnectionClosed":
        told.closed = event
        told.isCut ||= event.reason._tag === "SlowConsumer"
        this.judge(event)
        break
    }
  }

  /** Checks the reason of an end: it must fit the actions of the peer, and only a slow peer may be cut off as slow. */
  private judge(event: Extract<ServerEvent, { readonly _tag: "ConnectionClosed" }>): void {
    const { reason } = event
    this.count(reason._tag)
    const peer = this.peers.find((one) => one.told?.id === event.id)
    switch (reason._tag) {
      case "SlowConsumer": {
        const { budgetBytes, policy } = this.rules
        const mayBe = policy === "disconnect" && peer !== undefined && slack * peer.mostLag > budgetBytes
        if (!mayBe || reason.pendingBytes <= budgetBytes || reason.budgetBytes !== budgetBytes) {
          this.book.fault(`#${event.id} was cut off for ${reason.pendingBytes} bytes; at most ${peer?.mostLag} waited`)
        }
        break
      }
      case "PeerClosed":
      case "PeerReset":
      case "LocalClosed":
      case "Kicked":
      case "Drained":
        if (peer?.isDeaf === true) this.book.fault(`#${event.id} never reads, and ended with ${reason._tag}`)
        break
      default:
        this.book.fault(`#${event.id} ended with ${reason._tag}`)
    }
    if (peer?.isStalled === true) peer.resume()
  }

  // --- random actions

  step(): void {
    if (this.peers.length < stayers) this.join()
    else this.act()
  }

  private act(): void {
    const act = this.chance.weighted(this.acts)
    const open = this.peers.filter((peer) => peer.canWrite && !peer.isDeaf)
    const peer = this.chance.oneOf(open)
    const goer = peer?.stays === true ? undefined : peer
    switch (act) {
      case "join":
        if (this.peers.length < this.rules.crowd && open.length < this.rules.atOnce) this.join()
        break
      case "publish":
        if (peer !== undefined) this.publish(peer)
        break
      case "stall":
        if (goer?.isStalled === false) this.stall(goer)
        break
      case "resume":
        this.chance.oneOf(this.peers.filter((one) => one.isStalled && !one.isDeaf && one.isOpen))?.resume()
        break
      case "half-close":
        if (goer !== undefined) this.halfClose(goer)
        break
      case "leave": {
        const leaver = this.chance.oneOf(this.peers.filter((one) => this.mayLeave(one)))
        leaver?.leave(this.chance.percent(50) ? "reset" : "close")
        break
      }
      case "kick":
        if (goer?.told !== undefined) this.kick(goer.told)
        break
    }
    this.count(act)
  }

  private join(): void {
    const number = this.peers.length
    const peer = new RelayPeer(number, number < stayers, this.book, this.rules.policy)
    this.peers.push(peer)
    this.hands.dial(peer)
  }

  private mayLeave(peer: RelayPeer): boolean {
    return peer.isOpen && !peer.stays && !peer.isDeaf
  }

  private kick(told: Told): void {
    told.isKicked = true
    told.isCut ||= this.chance.percent(30)
    this.hands.kick(told, told.isCut ? "reset" : "fin")
  }

  private stall(peer: RelayPeer): void {
    peer.stall()
    // A kicked peer must not become deaf, because it ends before the hub can cut it off.
    peer.isDeaf = peer.told?.isKicked === false && this.chance.percent(this.rules.deafShare)
  }

  private publish(peer: RelayPeer): void {
    const { chance, rules } = this
    const lengths: Array<number> = []
    for (let left = chance.between(1, 5); left > 0; left--) {
      // The logarithm of the length is uniform, so that short lines are as frequent as long ones.
      lengths.push(Math.round(16 * (rules.longestLine / 16) ** (chance.below(1000) / 1000)))
    }
    const last = lengths.at(-1) ?? 0
    this.write(peer, lengths, chance.percent(30) ? chance.between(1, last - 1) : 0)
  }

  /** Writes lines of these lengths if there is room. Keeps the last `keep` bytes for the next write. */
  write(peer: RelayPeer, lengths: ReadonlyArray<number>, keep: number): boolean {
    const bytes = lengths.reduce((sum, length) => sum + length, peer.begun)
    if (!this.takeRoom(bytes)) return false
    peer.write(
      lengths.map((length) => this.book.compose(peer.number, length)),
      keep,
    )
    return true
  }

  /** Lets a peer write its kept bytes and FIN, if there is room. */
  halfClose(peer: RelayPeer): void {
    if (peer.canWrite && this.takeRoom(peer.begun)) peer.finish(this.chance.percent(50))
  }

  // Whether this many more bytes may be in flight. With `disconnect`, no reader may be cut off because of them.
  private takeRoom(bytes: number): boolean {
    const { budgetBytes, policy } = this.rules
    const inFlight = this.peers.reduce((sum, peer) => sum + peer.inFlight, bytes)
    const hasRoom =
      policy === "disconnect"
        ? this.peers.every((peer) => !this.isSafe(peer) || slack * (peer.lag + inFlight) <= budgetBytes)
        : inFlight <= 4 * budgetBytes
    if (hasRoom) for (const peer of this.peers) peer.mostLag = Math.max(peer.mostLag, peer.lag + inFlight)
    return hasRoom
  }

  // A reader that may already be cut off needs no protection.
  private isSafe(peer: RelayPeer): boolean {
    return peer.isReader && slack * peer.mostLag <= this.rules.budgetBytes
  }

  count(what: string, times = 1): void {
    this.counts[what] = (this.counts[what] ?? 0) + times
  }
}

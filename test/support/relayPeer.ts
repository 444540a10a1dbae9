import type { ConnectionEnd } from "../../src/connection/index.ts"
import type { ConnectionId, Endpoint, SlowConsumerPolicy } from "../../src/domain/index.ts"
import { formatEndpoint } from "../../src/domain/index.ts"
import type { Wire, WireEnd, WireHandlers } from "../../src/transport/index.ts"
import { eachLine, type Line, type Part, type RelayBook } from "./relayBook.ts"
import { concat } from "./wireProbe.ts"

const none = new Uint8Array(0)

/** The events of a connection, as the server emitted them. */
export interface Told {
  readonly id: ConnectionId
  missed: number
  peerEnded: boolean
  /** Whether the server may have reset the connection. Then bytes are lost, and the peer may see a plain end. */
  isCut: boolean
  /** Whether the server ends the connection, or is about to. */
  isKicked: boolean
  closed: ConnectionEnd | undefined
}

/**
 * The far end of a connection, controlled by the test. It compares every received line to the book, as soon as it knows
 * its connection.
 */
export class RelayPeer implements WireHandlers {
  readonly number: number
  /** Whether the peer never stalls and never leaves. */
  readonly stays: boolean
  told: Told | undefined
  wire: Wire | undefined
  isStalled = false
  /** Whether the peer never reads again. */
  isDeaf = false
  hasEnded = false
  /** Whether the peer has left without waiting for an orderly end. */
  hasLeft = false
  sawEnd = false
  end: WireEnd | undefined
  delivered = 0
  /** The most bytes that the server can have queued for the peer at any time. */
  mostLag = 0
  writtenBytes = 0
  private readonly book: RelayBook
  private readonly policy: SlowConsumerPolicy
  private part: Part | undefined
  /** The index of the first line that is neither received nor missed. */
  private place: number
  private missed = 0
  private receivedBytes = 0
  private chunks: Array<Uint8Array> = []
  private rest: Uint8Array = none
  private tail: Uint8Array = none

  constructor(number: number, stays: boolean, book: RelayBook, policy: SlowConsumerPolicy) {
    this.number = number
    this.stays = stays
    this.book = book
    this.policy = policy
    this.place = book.lines.length
  }

  connected(wire: Wire): void {
    this.wire = wire
    wire.start(this)
  }

  /** The address of the peer, as the server sees it. */
  get address(): string | undefined {
    return this.wire && addressOf(this.wire.local)
  }

  /** Assigns the connection of the server to the peer. */
  know(told: Told): void {
    this.told = told
    this.part = this.book.parts.get(told.id)
    this.place = this.part?.from ?? 0
    this.read()
  }

  get isOpen(): boolean {
    return this.wire !== undefined && this.end === undefined && !this.hasLeft
  }

  get canWrite(): boolean {
    return this.isOpen && !this.hasEnded && !this.sawEnd && this.told !== undefined
  }

  /** Whether the lag of the peer counts: it reads now, and will go on reading. */
  get isReader(): boolean {
    return this.end === undefined && !this.hasLeft && !this.sawEnd && !this.isStalled && !this.isDeaf
  }

  /** The bytes that are published and not received. */
  get lag(): number {
    const { lines, publishedBytes } = this.book
    while (lines[this.place]?.peer === this.number) this.place++
    return publishedBytes - (lines[this.place]?.start ?? publishedBytes)
  }

  /**
   * The bytes of whole lines that are written and not published. After the end of a connection there are none, because
   * the connection publishes no more.
   */
  get inFlight(): number {
    if (this.part?.isOver === true) return 0
    const written = this.book.writtenBy(this.number)
    let bytes = -this.begun
    for (let at = this.book.publishedBy(this.number); at < written.length; at++) bytes += written[at]?.bytes.length ?? 0
    return bytes
  }

  /** The length of a line of which only a part is written. */
  get begun(): number {
    return this.tail.length === 0 ? 0 : (this.book.writtenBy(this.number).at(-1)?.bytes.length ?? 0)
  }

  // --- actions

  /** Writes lines. Keeps the last `keep` bytes for the next write. */
  write(lines: ReadonlyArray<Line>, keep: number): void {
    const all = concat([this.tail, ...lines.map((line) => line.bytes)])
    const now = Math.max(0, all.length - keep)
    this.tail = all.subarray(now)
    this.send(all.subarray(0, now))
  }

  /** Writes the kept bytes, then FIN. Without `withLastMark` the last LF is left out. */
  finish(withLastMark: boolean): void {
    if (!this.canWrite) return
    const { tail } = this
    this.tail = none
    // A kept LF alone ends a line whose other bytes are already written.
    this.send(withLastMark || tail.length === 0 ? tail : tail.subarray(0, -1))
    this.hasEnded = true
    this.wire?.end()
  }

  /** Leaves at once: by RST, or by closing, which sends FIN if all received bytes are read. */
  leave(how: "reset" | "close"): void {
    this.hasLeft = true
    // Unsent bytes are lost. A FIN after part of a line would make a line that no peer wrote.
    const isWhole = this.tail.length === 0 && this.wire?.pending() === 0
    if (how === "close" && isWhole) this.wire?.destroy()
    else this.wire?.reset()
  }

  stall(): void {
    this.isStalled = true
    this.wire?.pause()
  }

  resume(): void {
    this.isStalled = false
    this.wire?.resume()
  }

  private send(bytes: Uint8Array): void {
    this.writtenBytes += bytes.length
    this.wire?.write(bytes)
  }

  // --- callbacks of the wire

  onData(bytes: Uint8Array): void {
    this.receivedBytes += bytes.length
    this.chunks.push(bytes)
    this.read()
  }

  onEnd(): void {
    this.sawEnd = true
    // An end is orderly if both sides have sent FIN.
    if (!this.hasEnded) this.wire?.end()
    this.hasEnded = true
  }

  onDrain(): void {}

  onClose(end: WireEnd): void {
    this.end = end
  }

  // --- expected lines

  private read(): void {
    if (this.part === undefined) return
    for (const chunk of this.chunks) {
      const bytes = this.rest.length === 0 ? chunk : concat([this.rest, chunk])
      this.rest = eachLine(bytes, (line) => this.take(line))
    }
    this.chunks = []
  }

  private take(bytes: Uint8Array): void {
    const line = this.book.find(bytes)
    const wrong = line === undefined ? "it is torn" : this.wrongIn(line)
    if (wrong !== undefined) this.fault(`got ${Buffer.from(bytes.subarray(0, 40)).toString("latin1")}: ${wrong}`)
    if (wrong !== undefined || line?.place === undefined) return
    this.passTo(line.place)
    this.place = line.place + 1
    this.delivered++
  }

  private wrongIn({ peer, place }: Line): string | undefined {
    if (peer === this.number) return "it is its own"
    if (place === undefined) return "it is not published"
    if (place < (this.part?.from ?? 0)) return "it is of before it came"
    if (place >= (this.part?.until ?? Number.POSITIVE_INFINITY)) return "it is of after it finished"
    if (place < this.place) return "it comes twice or too late"
    return undefined
  }

  private passTo(place: number): void {
    let missed = 0
    for (let at = this.place; at < place; at++) if (this.book.lines[at]?.peer !== this.number) missed++
    this.missed += missed
    if (missed > 0 && this.policy !== "drop-oldest") this.fault(`misses ${missed} lines before the one at ${place}`)
    this.place = Math.max(this.place, place)
  }

  /** Checks at the end that the received bytes, the missed lines and the events of the server agree. */
  check(): void {
    const { end, part, told } = this
    if (end === undefined) this.fault("is still there")
    if (told?.closed !== undefined && part !== undefined) this.compare(told, told.closed, part)
    else if (!this.hasLeft) this.fault("was there, and the server knows nothing of it")
  }

  private compare(told: Told, closed: ConnectionEnd, part: Part): void {
    const orderly = this.sawEnd && !this.hasLeft && !told.isCut && this.end?.code === undefined
    if (orderly) this.passTo(part.until ?? this.book.lines.length)
    if (orderly && this.rest.length > 0) this.fault("got a part of a line at the end")
    if (orderly ? this.missed !== told.missed : this.missed > told.missed) {
      this.fault(`misses ${this.missed} lines, the server says ${told.missed}`)
    }
    if (orderly && this.receivedBytes !== closed.bytesOut) {
      this.fault(`got ${this.receivedBytes} bytes, the server says ${closed.bytesOut}`)
    }
    if (!told.peerEnded || this.hasLeft) return
    const published = this.book.publishedBy(this.number)
    const written = this.book.writtenBy(this.number).length
    if (published !== written) this.fault(`wrote ${written} lines, ${published} were published`)
    if (closed.bytesIn !== this.writtenBytes) {
      this.fault(`wrote ${this.writtenBytes} bytes, the server says ${closed.bytesIn}`)
    }
  }

  private fault(what: string): void {
    const { told } = this
    const name =
      told === undefined ? "" : ` (#${told.id}${told.closed === undefined ? "" : `, ${told.closed.reason._tag}`})`
    this.book.fault(`peer ${this.number}${name} ${what}`)
  }
}

/** Formats an endpoint, to compare the views of both ends. */
export const addressOf = (endpoint: Endpoint): string => formatEndpoint(endpoint)

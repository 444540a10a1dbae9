import type { ConnectionId } from "../../src/domain/index.ts"
import type { HubMember, HubPort, HubService } from "../../src/hub/index.ts"
import { utf8 } from "./wireProbe.ts"

const newline = 0x0a
const colon = 0x3a

/** A line that a peer has written. Its text holds the numbers of the peer and of the line. */
export interface Line {
  readonly peer: number
  readonly number: number
  /** The bytes, LF included. */
  readonly bytes: Uint8Array
  /** The index among all published lines. Undefined before the line is published. */
  place: number | undefined
  /** The bytes published before the line. */
  start: number
}

/** The membership of a connection in the hub. It must receive the lines from `from` to `until`, except its own. */
export interface Part {
  readonly connection: ConnectionId
  readonly from: number
  until: number | undefined
  isOver: boolean
}

/**
 * Records attaches, publications and detaches of a hub in the order of the calls. The record decides what each
 * connection must receive, even if the bytes come late.
 */
export class RelayBook {
  readonly faults: Array<string> = []
  /** The published lines, in order. */
  readonly lines: Array<Line> = []
  readonly parts = new Map<ConnectionId, Part>()
  publishedBytes = 0
  /** For each peer, the lines written and the number of lines published. */
  private readonly written: Array<Array<Line>> = []
  private readonly published: Array<number> = []
  private readonly peers = new Map<ConnectionId, number>()

  /** Makes the next line of a peer. */
  compose(peer: number, length: number): Line {
    const lines = this.written[peer] ?? []
    this.written[peer] = lines
    const number = lines.length
    const text = `${peer}:${number}:`.padEnd(length - 1, String.fromCharCode(97 + (number % 26)))
    const line: Line = { peer, number, bytes: utf8(`${text}\n`), place: undefined, start: 0 }
    lines.push(line)
    return line
  }

  writtenBy(peer: number): ReadonlyArray<Line> {
    return this.written[peer] ?? []
  }

  publishedBy(peer: number): number {
    return this.published[peer] ?? 0
  }

  /** Finds the line with exactly these bytes. Returns nothing if no peer wrote it. */
  find(bytes: Uint8Array): Line | undefined {
    const first = bytes.indexOf(colon)
    const second = bytes.indexOf(colon, first + 1)
    const line = this.written[numberIn(bytes, 0, first)]?.[numberIn(bytes, first + 1, second)]
    return line !== undefined && Buffer.compare(line.bytes, bytes) === 0 ? line : undefined
  }

  join(connection: ConnectionId): Part {
    const part: Part = { connection, from: this.lines.length, until: undefined, isOver: false }
    this.parts.set(connection, part)
    return part
  }

  /** Checks that a connection publishes the lines of its peer: whole, in order, and all of them. */
  publish(connection: ConnectionId, run: Uint8Array): void {
    eachLine(run, (bytes) => {
      const line = this.find(bytes)
      const peer = line && (this.peers.get(connection) ?? line.peer)
      if (line === undefined || peer !== line.peer)
        return this.fault(`#${connection} published what its peer never wrote`)
      this.peers.set(connection, peer)
      const expected = this.publishedBy(peer)
      if (line.number !== expected) this.fault(`#${connection} published line ${line.number} and not ${expected}`)
      this.published[peer] = line.number + 1
      line.place = this.lines.length
      line.start = this.publishedBytes
      this.lines.push(line)
      this.publishedBytes += bytes.length
    })
    if (run[run.length - 1] !== newline) this.fault(`#${connection} published a part of a line`)
  }

  fault(what: string): void {
    this.faults.push(what)
  }
}

const numberIn = (bytes: Uint8Array, from: number, to: number): number => {
  let number = to > from ? 0 : -1
  for (let at = from; at < to; at++) number = number * 10 + (bytes[at] ?? 0) - 0x30
  return number
}

/** Calls `each` with each line, LF included. Returns the bytes after the last LF. */
export const eachLine = (bytes: Uint8Array, each: (line: Uint8Array) => void): Uint8Array => {
  let start = 0
  for (let end = bytes.indexOf(newline); end !== -1; end = bytes.indexOf(newline, start)) {
    each(bytes.subarray(start, end + 1))
    start = end + 1
  }
  return bytes.subarray(start)
}

/** Wraps a hub and records in a book what is published to it. */
export const bookedHub = (hub: HubService, book: RelayBook): HubService => ({
  ...hub,
  port: bookedPort(hub.port, book),
})

const bookedPort = (port: HubPort, book: RelayBook): HubPort => ({
  attach: (sink, options) => {
    const connection = options?.connection
    if (connection === undefined) return port.attach(sink, options)
    const part = book.join(connection)
    return bookedMember(port.attach(sink, options), part, book)
  },
  publish: (run) => port.publish(run),
  get unblocked() {
    return port.unblocked
  },
})

const bookedMember = (member: HubMember, part: Part, book: RelayBook): HubMember => ({
  publish: (run) => {
    book.publish(part.connection, run)
    return member.publish(run)
  },
  pending: () => member.pending(),
  drained: () => member.drained(),
  flush: () => member.flush(),
  finish: (done) => {
    part.until ??= book.lines.length
    member.finish(done)
  },
  detach: () => {
    part.until ??= book.lines.length
    part.isOver = true
    member.detach()
  },
})

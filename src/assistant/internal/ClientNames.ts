import type * as Assistant from "../../domain/assistant/index.ts"
import type { ConnectionId, Framing } from "../../domain/index.ts"
import { addressName, certificateName, cleanName } from "./clientName.ts"
import type { Client, Roster } from "./Roster.ts"

// The maximum length of a first line, bytes. Only the beginning of a longer line is used.
const mostLineBytes = 256
// The largest number that is appended to a name, as in `plc-100`. If all these names are in use, larger numbers that
// depend on the client are tried.
const mostTries = 100

const empty = new Uint8Array(0)
const lineFeed = 0x0a

/** Names new clients by their first line, their certificate or their address. */
export class ClientNames {
  private readonly source: Assistant.NameSource
  private readonly roster: Roster
  private readonly framing: Framing.Framing
  private readonly onNamed: () => void
  /** The received part of each client's first line, until the line is complete. */
  private readonly beginnings = new Map<ConnectionId, Uint8Array>()

  constructor(source: Assistant.NameSource, roster: Roster, framing: Framing.Framing, onNamed: () => void) {
    this.source = source
    this.roster = roster
    this.framing = framing
    this.onNamed = onNamed
  }

  /** A client has connected. */
  opened(id: ConnectionId): void {
    const client = this.roster.clients.get(id)
    if (client === undefined) return
    if (this.source === "firstline") this.beginnings.set(id, empty)
    else this.give(client, this.source === "tls" ? certificateName(client.tls) : addressName(client.remote))
  }

  /** A client has disconnected. */
  gone(id: ConnectionId): void {
    this.beginnings.delete(id)
  }

  /** Handles a run of frames from a client. The first line that is not blank names the client. */
  onRun(id: ConnectionId, run: Uint8Array): void {
    const before = this.beginnings.get(id)
    if (before === undefined) return
    const client = this.roster.clients.get(id)
    if (client === undefined || client.name !== "") return void this.beginnings.delete(id)
    const bytes = this.lineBytes(before, run)
    const decoder = client.coderIn.decoder()
    const [line = "", ...more] = (decoder.write(bytes) + decoder.end()).trimStart().split(/[\r\n]/u)
    if (line === "" || (more.length === 0 && bytes.length < mostLineBytes)) {
      this.beginnings.set(id, line === "" ? empty : bytes)
      return
    }
    this.beginnings.delete(id)
    this.give(client, cleanName(line))
  }

  /**
   * The bytes of the first line so far. The end of a frame ends the line, except with a framing such as `raw`, whose
   * frames are the bytes of one read.
   */
  private lineBytes(before: Uint8Array, run: Uint8Array): Uint8Array {
    const parts: Array<Uint8Array> = [before]
    let length = before.length
    const add = (bytes: Uint8Array) => {
      if (length >= mostLineBytes) return
      const part = bytes.slice(0, mostLineBytes - length)
      parts.push(part)
      length += part.length
    }
    if (this.framing.delimited === false) add(run)
    else {
      this.framing.payloads(run, (payload) => {
        add(payload)
        add(Uint8Array.of(lineFeed))
      })
    }
    const bytes = new Uint8Array(length)
    let at = 0
    for (const part of parts) {
      bytes.set(part, at)
      at += part.length
    }
    return bytes
  }

  /** Names a client. If another client has the name, a number follows it. */
  private give(client: Client, name: string): void {
    if (name === "" || client.name !== "") return
    let tried = name
    for (let number = 2; this.roster.rename(client, tried) !== undefined; number++) {
      if (number > 2 * mostTries) return
      tried = `${name}-${number <= mostTries ? number : client.id + number}`
    }
    this.onNamed()
  }
}

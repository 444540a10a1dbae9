import { ByteWriter } from "../domain/ByteWriter.ts"
import { type CloseReason, type ConnectionId, closeReasons } from "../domain/index.ts"
import { allocateBriefly } from "../runtime/bytes.ts"
import { Registry } from "../runtime/Registry.ts"
import type { Handler } from "../server/index.ts"
import { type Announcement, announcementText } from "./Announcement.ts"
import { Announcer } from "./internal/Announcer.ts"
import { harmless, writeHarmless } from "./internal/harmless.ts"
import { concat, lineEnd, lineFeed, lineOf } from "./internal/lines.ts"
import { folded, guestName, listOfNames, nameProblem } from "./internal/names.ts"
import { chatCommands, type Request, readRequest, shortened } from "./internal/request.ts"

// If more bytes of answers than this are queued for a client, the chat handles its next lines later.
const mostOwedBytes = 16 * 1024
// The chat handles lines of one client for at most this time before the event loop continues.
const sliceMillis = 10
// Relayed lines are published in pieces of about this size.
const pieceBytes = 64 * 1024
const longestFarewell = 200

/** Options of a chat. */
export interface ChatOptions {
  /** The name of the operator in the chat. No client can have this name. Default "operator". */
  readonly operator?: string
  /** What happens to a client that has sent FIN. Default "close": it leaves the chat. */
  readonly halfClosed?: Handler.HalfClosed
  /** Called with the name of a client when the client gets its first name, and with each new name. */
  readonly onNamed?: (id: ConnectionId, name: string) => void
  /** Called for each announcement, with the client that it is about. */
  readonly onAnnounced?: (id: ConnectionId, announcement: Announcement) => void
}

/** A client of a chat. */
export interface ChatMember {
  readonly id: ConnectionId
  readonly name: string
}

interface Member {
  readonly connection: Handler.ReactorConnection
  name: string
  /** The bytes that the chat puts before each line of the client. */
  prefix: Uint8Array
  /** The text of its `/quit`. */
  farewell: string | undefined
  /** The runs that the chat handles later. */
  waiting: Array<Uint8Array> | undefined
}

const encoder = new TextEncoder()
const decoder = new TextDecoder()

/**
 * A chat: a reactor that relays each line of a client to all others, with the name of the client before it. Its server
 * needs `Framing.line`. A client is named `guest-N` until it sends `/nick NAME`; `/help` lists its commands.
 */
export class ChatRoom implements Handler.Reactor {
  readonly _tag = "Reactor"
  readonly name = "chat"
  readonly operator: string
  private readonly options: ChatOptions
  private readonly members = new Registry<ConnectionId, Member>()
  private readonly byName = new Map<string, Member>()
  private readonly announcer = new Announcer()

  constructor(options: ChatOptions = {}) {
    this.options = options
    this.operator = options.operator ?? "operator"
  }

  /** The clients of the chat, without those that have sent `/quit`. */
  get present(): ReadonlyArray<ChatMember> {
    const present = [...this.members].filter(({ farewell }) => farewell === undefined)
    return present.map(({ connection, name }) => ({ id: connection.id, name }))
  }

  /** Makes the payload of a text of the operator to all clients, for `Server.broadcast`. */
  spoken(text: Uint8Array): Uint8Array {
    return concat(encoder.encode(`<${this.operator}> `), text)
  }

  /** Makes the payload of a text of the operator to some clients, for `Server.sendTo`. */
  whispered(text: Uint8Array): Uint8Array {
    return concat(encoder.encode(`[${this.operator} to you] `), text)
  }

  /** The reason why a client cannot have a name; `undefined` if it can. */
  refusedName(id: ConnectionId, name: string): string | undefined {
    const owner = this.byName.get(folded(name))
    return (
      nameProblem(name) ??
      (folded(name) === folded(this.operator) ? "the operator has this name" : undefined) ??
      (owner !== undefined && owner.connection.id !== id ? `another client has the name ${owner.name}` : undefined)
    )
  }

  /** Renames a client on behalf of the operator. Returns the reason if the client cannot have the name. */
  rename(id: ConnectionId, name: string): string | undefined {
    const problem = this.refusedName(id, name)
    const member = this.members.get(id)
    if (problem !== undefined || member === undefined || member.name === name) return problem
    const before = this.setName(member, name)
    this.answer(member, `the operator changed your name to ${name}`)
    this.announce(member, { _tag: "Renamed", before, name, byOperator: true })
    return undefined
  }

  // --- for the server. These methods are fields, because another reactor can take them out of the object and call
  // them.

  readonly onOpen = (connection: Handler.ReactorConnection): void => {
    const member: Member = {
      connection,
      name: "",
      prefix: new Uint8Array(0),
      farewell: undefined,
      waiting: undefined,
    }
    this.members.set(connection.id, member)
    const name = guestName(connection.id)
    this.setName(member, name)
    this.answer(member, `you are ${name}; /nick NAME changes your name, /help lists all commands`)
    this.announce(member, { _tag: "Joined", name })
  }

  readonly onRun = (connection: Handler.ReactorConnection, run: Uint8Array): void => {
    const member = this.members.get(connection.id)
    if (member === undefined) return
    if (member.waiting === undefined) this.readLines(member, run)
    else member.waiting.push(new Uint8Array(run))
  }

  readonly onPeerEnd = (connection: Handler.ReactorConnection): void => {
    if (this.options.halfClosed !== "keep") connection.close()
  }

  readonly onClose = (connection: Handler.ReactorConnection, reason: CloseReason): void => {
    const member = this.members.get(connection.id)
    if (member === undefined) return
    const { farewell, name } = member
    this.members.delete(connection.id)
    this.byName.delete(folded(name))
    member.waiting = undefined
    // When the server ends, all clients leave. Announcements to the remaining clients would be unsent bytes, and would
    // turn their orderly ends into resets.
    if (reason._tag === "Drained" || reason._tag === "LocalClosed" || farewell !== undefined) return
    this.announce(member, { _tag: "Left", name, reason })
  }

  // --- lines of a client

  /**
   * Reads the lines of a run. A read can hold thousands of commands, and a short command can have a long answer. So
   * while answers are queued, or after some time, the rest of the run waits.
   */
  private readLines(member: Member, run: Uint8Array): void {
    const until = performance.now() + sliceMillis
    const out = new ByteWriter(allocateBriefly, run.length + member.prefix.length)
    for (let at = 0; at < run.length; ) {
      const found = run.indexOf(lineFeed, at)
      const next = found === -1 ? run.length : found + 1
      const isCommand = this.onLine(member, lineOf(run, at, next), out)
      at = next
      if (out.length > pieceBytes) this.publish(member, out)
      if (isCommand && at < run.length && this.isBusy(member, until)) {
        member.waiting = [run.slice(at)]
        member.connection.defer(() => this.readOn(member))
        return
      }
    }
    this.publish(member, out)
  }

  private isBusy({ connection }: Member, until: number): boolean {
    return connection.unsentReplies() > mostOwedBytes || performance.now() > until
  }

  private readOn(member: Member): void {
    const [first, ...others] = member.waiting ?? []
    member.waiting = undefined
    if (first !== undefined) this.readLines(member, first)
    for (const run of others) this.onRun(member.connection, run)
  }

  private publish(member: Member, out: ByteWriter): void {
    if (out.length > 0) this.publishLines(member, out.take())
  }

  private publishLines({ connection }: Member, run: Uint8Array): void {
    // The announcements about a client must reach the others before its lines.
    this.announcer.tellBefore(connection)
    connection.publish(run)
  }

  /** Handles a line. Appends a text for the other clients to `out`. Returns whether the line is a command. */
  private onLine(member: Member, line: Uint8Array, out: ByteWriter): boolean {
    // The chat ignores empty lines, and lines of a client that is leaving.
    if (line.length === 0 || member.farewell !== undefined) return false
    const request = readRequest(line)
    if (request._tag === "Say") {
      this.writeSaid(member, request.text, out)
      return false
    }
    // The other clients must get the text before the command first.
    this.publish(member, out)
    this.onRequest(member, request)
    return true
  }

  private writeSaid(member: Member, text: Uint8Array, out: ByteWriter): void {
    out.bytes(member.prefix)
    writeHarmless(text, out)
    out.byte(lineFeed)
  }

  private onRequest(member: Member, request: Exclude<Request, { _tag: "Say" }>): void {
    switch (request._tag) {
      case "Nick":
        this.nick(member, request.name)
        break
      case "Users":
        this.listUsers(member)
        break
      case "Message":
        this.answer(member, this.whisper(member, request.to, request.text))
        break
      case "Act":
        this.publishLines(member, concat(encoder.encode(`* ${member.name} `), harmless(request.text), lineEnd))
        break
      case "Help":
        for (const { form, what } of chatCommands) this.answer(member, `${form}: ${what}`)
        this.answer(member, "a line without a slash goes to everybody, and // at the start sends a slash")
        break
      case "Quit":
        this.quit(member, decoder.decode(request.text).slice(0, longestFarewell))
        break
      case "Wrong":
        this.answer(member, request.problem)
    }
  }

  private nick(member: Member, name: string): void {
    if (name === member.name) {
      this.answer(member, `you are ${name} already`)
      return
    }
    const problem = this.refusedName(member.connection.id, name)
    if (problem !== undefined) {
      this.answer(member, `${problem}; you are still ${member.name}`)
      return
    }
    const before = this.setName(member, name)
    this.answer(member, `you are now ${name}`)
    this.announce(member, { _tag: "Renamed", before, name, byOperator: false })
  }

  /** Says at once that a client leaves. The client may close its side much later; until then, it keeps its name. */
  private quit(member: Member, farewell: string): void {
    member.farewell = farewell
    this.announce(member, { _tag: "Left", name: member.name, reason: closeReasons.localClosed, farewell })
    member.connection.close()
  }

  private listUsers(member: Member): void {
    for (const line of listOfNames(this.present.map(({ name }) => name))) this.answer(member, line)
  }

  /** Sends a text to one client. Returns the answer to the sender. */
  private whisper(member: Member, to: string, text: Uint8Array): string {
    if (folded(to) === folded(this.operator)) return "the operator has seen your message"
    const target = this.byName.get(folded(to))
    if (target === undefined) return `nobody here has the name ${shortened(to)}; /users lists who is here`
    const line = concat(encoder.encode(`[${member.name} to you] `), harmless(text), lineEnd)
    this.announcer.tellBefore(member.connection)
    const isSent = target.connection.offer(line)
    return isSent ? `sent to ${target.name}` : `not sent: ${target.name} reads too slowly, or is leaving`
  }

  // --- what the chat says

  private answer(member: Member, text: string): void {
    member.connection.reply(harmless(encoder.encode(`* ${text}`)), 1)
  }

  private announce(member: Member, announcement: Announcement): void {
    const line = harmless(encoder.encode(`* ${announcementText(announcement)}`))
    this.announcer.add(member.connection, concat(line, lineEnd))
    this.options.onAnnounced?.(member.connection.id, announcement)
  }

  /** Gives a name to a client. Returns the name before. */
  private setName(member: Member, name: string): string {
    const before = member.name
    if (before !== "") this.byName.delete(folded(before))
    member.name = name
    member.prefix = encoder.encode(`<${name}> `)
    this.byName.set(folded(name), member)
    this.options.onNamed?.(member.connection.id, name)
    return before
  }
}

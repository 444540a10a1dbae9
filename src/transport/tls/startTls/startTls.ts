import { type Endpoint, escapeControls, type StartTlsProtocol } from "../../../domain/index.ts"
import type { Wire, WireHandlers } from "../../Wire.ts"
import { ldap, postgres } from "./binary.ts"
import { type Dialogue, type Exchange, type Failure, type FailureCode, shortened } from "./dialogue.ts"
import { imap } from "./imap.ts"
import { ftp, pop3, smtp } from "./replies.ts"
import { xmpp } from "./xmpp.ts"

// The most bytes of one answer. A server that sends more does not speak the protocol.
const mostBytes = 64 * 1024

const names: Readonly<Record<StartTlsProtocol, string>> = {
  smtp: "SMTP",
  imap: "IMAP",
  pop3: "POP3",
  ftp: "FTP",
  xmpp: "XMPP",
  postgres: "PostgreSQL",
  ldap: "LDAP",
}

/** The address of this side as an address literal of SMTP. */
const literalOf = (endpoint: Endpoint): string => {
  if (endpoint._tag !== "Tcp") return "[127.0.0.1]"
  const host = endpoint.host.replace(/%.*$/, "")
  return host.includes(":") ? `[IPv6:${host}]` : `[${host}]`
}

/** The dialogue of a protocol. `host`: the name of the server. */
const dialogueOf = (protocol: StartTlsProtocol, local: Endpoint, host: string): Dialogue => {
  switch (protocol) {
    case "smtp":
      return smtp(literalOf(local))
    case "imap":
      return imap()
    case "pop3":
      return pop3()
    case "ftp":
      return ftp()
    case "xmpp":
      return xmpp(host)
    case "postgres":
      return postgres()
    case "ldap":
      return ldap()
  }
}

/** The options of {@link startTls}. */
export interface StartTls {
  readonly protocol: StartTlsProtocol
  readonly host: string
  readonly timeoutMillis: number
}

class Conversation implements WireHandlers {
  private readonly wire: Wire
  private readonly name: string
  private readonly dialogue: Dialogue
  private readonly onEnded: (failure: Failure | undefined) => void
  private readonly timer: NodeJS.Timeout | undefined
  private exchange: Exchange<unknown> | undefined
  private kept: Uint8Array = new Uint8Array(0)
  private isOver = false

  constructor(wire: Wire, { host, protocol, timeoutMillis }: StartTls, onEnded: Conversation["onEnded"]) {
    this.wire = wire
    this.name = names[protocol]
    this.dialogue = dialogueOf(protocol, wire.local, host)
    this.onEnded = onEnded
    if (Number.isFinite(timeoutMillis)) {
      this.timer = setTimeout(() => this.onTimeout(timeoutMillis), Math.min(timeoutMillis, 0x7fffffff))
    }
    wire.start(this)
    if (this.isOver) return
    this.next(this.dialogue.next())
    wire.resume()
  }

  onData(bytes: Uint8Array): void {
    if (this.isOver) return
    this.kept = Buffer.concat([this.kept, bytes])
    while (!this.isOver && this.exchange !== undefined && this.kept.length > 0) {
      const read = this.exchange.read(this.kept)
      if (read._tag === "More") {
        if (this.kept.length > mostBytes)
          this.fail("ERR_STARTTLS_INVALID", `its answer is longer than ${mostBytes} bytes`)
        return
      }
      if (read._tag === "Invalid") {
        this.fail("ERR_STARTTLS_INVALID", `what it sent is not ${this.name}: ${shortened(read.sent)}`)
        return
      }
      this.kept = this.kept.subarray(read.length)
      this.next(this.dialogue.next(read.value))
    }
  }

  onEnd(): void {
    this.fail("ERR_STARTTLS_CLOSED", `it closed the connection before ${this.awaited}${this.soFar}`)
  }

  onDrain(): void {}

  onClose(): void {
    this.onEnd()
  }

  /** Stops the conversation without a result. */
  cancel(): void {
    this.isOver = true
    clearTimeout(this.timer)
  }

  private get awaited(): string {
    return this.exchange?.awaits ?? "the end of the dialogue"
  }

  /** The beginning of an answer without its end. It shows another protocol, or a line without an end. */
  private get soFar(): string {
    return this.kept.length === 0 ? "" : `; it sent ${shortened(new TextDecoder().decode(this.kept))}`
  }

  private onTimeout(millis: number): void {
    const isSilent = this.kept.length === 0 && this.awaited === "its greeting"
    const guess = isSilent ? "; perhaps it speaks TLS at once, or another protocol" : ""
    this.fail(
      "ERR_STARTTLS_TIMEOUT",
      `${this.awaited} did not come within ${millis / 1000} s (${this.name})${this.soFar}${guess}`,
    )
  }

  private next(result: IteratorResult<Exchange<unknown>, Failure | undefined>): void {
    if (result.done === true && result.value !== undefined) {
      this.fail(result.value.code, result.value.problem)
      return
    }
    // Bytes before their request are no answer to it, and bytes before the handshake are not from the holder of the
    // certificate: an attacker on the network could have put them there (CVE-2011-0411, CVE-2021-23222).
    const isEarly = this.kept.length > 0 && (result.done === true || result.value.send !== undefined)
    if (isEarly) {
      const before = result.done === true ? "the handshake" : "it was asked"
      const problem = `it sent more before ${before}, as an attacker on the network could: ${shortened(new TextDecoder().decode(this.kept))}`
      this.fail("ERR_STARTTLS_INJECTED", problem)
      return
    }
    if (result.done === true) {
      this.cancel()
      this.wire.pause()
      this.onEnded(undefined)
      return
    }
    this.exchange = result.value
    if (result.value.send !== undefined) this.wire.write(result.value.send)
  }

  private fail(code: FailureCode, problem: string): void {
    if (this.isOver) return
    this.cancel()
    this.wire.destroy()
    this.onEnded({ code, problem: escapeControls(problem) })
  }
}

/**
 * Speaks a protocol until its connection can change to TLS. Then the wire is paused. After a failure it is destroyed.
 * Returns the function that cancels the dialogue; the caller destroys the wire.
 */
export const startTls = (
  wire: Wire,
  options: StartTls,
  onEnded: (failure: Failure | undefined) => void,
): (() => void) => {
  const conversation = new Conversation(wire, options, onEnded)
  return () => conversation.cancel()
}

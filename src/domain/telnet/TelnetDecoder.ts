import {
  carriageReturn,
  dont,
  doOption,
  firstCommand,
  interpretAsCommand,
  subnegotiation,
  subnegotiationEnd,
  timingMark,
  will,
  wont,
} from "./bytes.ts"

// A peer whose options are all refused has nothing to negotiate. After this many bytes, the bytes of a subnegotiation
// without an end are data again. Otherwise a stray SB would hide everything that the peer sends.
const longestSubnegotiation = 1024

type State = "data" | "command" | "option" | "subnegotiation" | "subnegotiationCommand"

/**
 * Removes the Telnet commands from a byte stream (RFC 854), and refuses every option that the peer wants to negotiate.
 * The reads may split the stream anywhere.
 */
export class TelnetDecoder {
  private state: State = "data"
  /** Whether the last data byte was CR. A NUL after it is not data. */
  private isAfterReturn = false
  /** The command whose option byte comes next. */
  private command = 0
  private skipped = 0
  /** The requests that were answered, as command and option. Each is answered once, so no loop can arise. */
  private readonly answered = new Set<number>()
  private answers: Array<number> = []
  private owesTimingMark = false

  /** Returns the data in these bytes: the same array if the bytes contain nothing else. */
  push(bytes: Uint8Array): Uint8Array {
    const start = this.state === "data" ? this.firstChange(bytes) : 0
    if (start === bytes.length) {
      if (start > 0) this.isAfterReturn = bytes[start - 1] === carriageReturn
      return bytes
    }
    const data = new Uint8Array(bytes.length)
    data.set(bytes.subarray(0, start))
    if (start > 0) this.isAfterReturn = bytes[start - 1] === carriageReturn
    let length = start
    for (let at = start; at < bytes.length; at++) {
      const byte = bytes[at] as number
      if (this.isData(byte)) data[length++] = byte
    }
    return data.subarray(0, length)
  }

  /** Returns and removes the answers that the peer must get. */
  takeAnswers(): Uint8Array | undefined {
    if (this.owesTimingMark) this.answers.push(interpretAsCommand, wont, timingMark)
    if (this.answers.length === 0) return undefined
    const answers = Uint8Array.from(this.answers)
    this.answers = []
    this.owesTimingMark = false
    return answers
  }

  /** The index of the first byte that is not plain data. */
  private firstChange(bytes: Uint8Array): number {
    let before = this.isAfterReturn ? carriageReturn : 0
    for (let at = 0; at < bytes.length; at++) {
      const byte = bytes[at] as number
      if (byte === interpretAsCommand || (byte === 0 && before === carriageReturn)) return at
      before = byte
    }
    return bytes.length
  }

  /** Takes one byte. Returns whether the byte is data. */
  private isData(byte: number): boolean {
    switch (this.state) {
      case "data":
        if (byte !== interpretAsCommand) return this.isPlainData(byte)
        this.state = "command"
        return false
      case "command":
        return this.onCommand(byte)
      case "option":
        this.state = "data"
        this.refuse(this.command, byte)
        return false
      case "subnegotiation":
        if (byte === interpretAsCommand) this.state = "subnegotiationCommand"
        else if (++this.skipped >= longestSubnegotiation) this.state = "data"
        return false
      case "subnegotiationCommand":
        // Any command but IAC ends a subnegotiation, so a lost SE does no harm.
        if (byte === interpretAsCommand) this.state = "subnegotiation"
        else if (byte === subnegotiationEnd) this.state = "data"
        else return this.onCommand(byte)
        return false
    }
  }

  private onCommand(byte: number): boolean {
    this.state = "data"
    if (byte === interpretAsCommand || byte < firstCommand) {
      // The kernel removes the byte DM from the stream if it is urgent data (tcp(7)). The IAC before it is then
      // followed by data.
      return this.isPlainData(byte)
    }
    if (byte === subnegotiation) {
      this.skipped = 0
      this.state = "subnegotiation"
    } else if (byte >= will && byte <= dont) {
      this.command = byte
      this.state = "option"
    }
    return false
  }

  private isPlainData(byte: number): boolean {
    const isPadding = this.isAfterReturn && byte === 0
    this.isAfterReturn = byte === carriageReturn
    return !isPadding
  }

  /** Answers a request for an option. A peer that gives up an option needs no answer: no option is in use. */
  private refuse(command: number, option: number): void {
    if (command === doOption && option === timingMark) {
      this.owesTimingMark = true
      return
    }
    if (command !== doOption && command !== will) return
    const request = command * 256 + option
    if (this.answered.has(request)) return
    this.answered.add(request)
    this.answers.push(interpretAsCommand, command === doOption ? wont : dont, option)
  }
}

// A broker of lines that makes mistakes on purpose, and counts them: what the check of the load generator is tried on.
// Usage: faulty [fault=NAME] [every=N] [mode=broker|echo]. SIGTERM ends it; then it says {"faults":N}. Anything on standard
// input says that the window of the load generator is over: only then lines are foretold.
import { createServer, type Socket } from "node:net"
import { sayPort } from "../../bench/servers/listening.ts"
import { headBytes, lineFeed, messageOf, publisherOf, sequenceOf } from "./messages.ts"

/** How the lines begin by which a load generator learns that everybody is there: these pass unharmed. */
const hello = "--"
const isHello = (line: Buffer): boolean => line.toString("latin1", 0, hello.length) === hello
/** The first digit of a sequence: far beyond what anybody sends. The filler does not depend on it. */
const farDigit = 2
/** By so much is late what is late: longer than the windows of the tests, shorter than a load generator's patience. */
const lateMillis = 800
/** After so long a silence, nothing more is under way. A load generator waits longer. */
const silenceMillis = 300

/** What becomes of a line, or of a line and the next one; undefined: nothing can be done without a next one. */
type Fault = (line: Buffer, next: Buffer | undefined, made: number) => ReadonlyArray<Buffer> | undefined

const once: Fault = (line) => [line]

const faults = {
  none: once,
  drop: () => [],
  double: (line) => [line, line],
  flip: (line, _, made) => {
    const flipped = Buffer.from(line)
    // Another place in the filler each time, from its first byte to its last.
    const at = headBytes + (made % (line.length - headBytes - 1))
    flipped[at] = (line[at] ?? 0) ^ 1
    return [flipped]
  },
  swap: (line, next) => (next === undefined ? undefined : [next, line]),
  tear: (line, next, made) => {
    if (next === undefined) return undefined
    const cut = 1 + (made % (line.length - 1))
    const middle = next.length >> 1
    return [line.subarray(0, cut), next.subarray(0, middle), line.subarray(cut), next.subarray(middle)]
  },
  // The digits say whose it is and which one: the line may turn into another that is right.
  head: (line, _, made) => {
    const changed = Buffer.from(line)
    const at = made % headBytes
    changed[at] = (line[at] ?? 0) ^ 1
    return [changed]
  },
  // Instead of the line comes one that nobody sent.
  invent: (line) => {
    const invented = Buffer.from(line)
    invented[farDigit] = (line[farDigit] ?? 0) ^ 1
    return [invented]
  },
  // In the end come as many lines as were dropped: just those that the sender would have sent next.
  foretell: () => [],
  // From there on, nothing comes any more.
  stop: () => [],
  // The line itself goes where it has to; its sender gets it too.
  echo: once,
  // The line goes nowhere, for the connection is closed.
  close: () => [],
  // All lines come, but late; the first ones of a sender half as much.
  late: once,
} satisfies Record<string, Fault>

const needsNext = new Set<string>(["swap", "tear"])

const isFault = (text: string): text is keyof typeof faults => Object.hasOwn(faults, text)

const refuse = (message: string): never => {
  process.stderr.write(`faulty: ${message}\n`)
  return process.exit(2)
}

const options = new Map<string, string>([
  ["fault", "none"],
  ["every", "100"],
  ["mode", "broker"],
])
for (const argument of process.argv.slice(2)) {
  const [key = "", value = ""] = argument.split("=", 2)
  if (!options.has(key)) refuse(`unknown argument ${argument}`)
  options.set(key, value)
}
const asked = options.get("fault") ?? ""
const kind = isFault(asked) ? asked : refuse(`fault must be one of ${Object.keys(faults).join(", ")}, not ${asked}`)
const fault: Fault = faults[kind]
const every = Number(options.get("every"))
if (!Number.isInteger(every) || every < 2) refuse("every must be a whole number from 2 up")
const mode = options.get("mode") ?? ""
if (mode !== "broker" && mode !== "echo") refuse(`mode must be broker or echo, not ${mode}`)

let made = 0
let isWindowOver = false

class Client {
  readonly socket: Socket
  linesSoFar = 0
  private rest: ReadonlyArray<Buffer> = []
  /** Lines to go until the next fault. */
  private toGo = every
  private readonly full = new Set<Client>()
  /** Lines of each sender that this client did not get. */
  private readonly dropped = new Map<Client, number>()
  private lastLine: Buffer | undefined
  private reads = 0
  private silence: NodeJS.Timeout | undefined

  constructor(socket: Socket) {
    this.socket = socket
  }

  /** The whole lines that a read completes. */
  linesOf(chunk: Buffer): ReadonlyArray<Buffer> {
    const bytes = Buffer.concat([...this.rest, chunk])
    const lines: Array<Buffer> = []
    let begin = 0
    for (let end = bytes.indexOf(lineFeed); end >= 0; end = bytes.indexOf(lineFeed, begin)) {
      lines.push(bytes.subarray(begin, end + 1))
      begin = end + 1
    }
    this.rest = [bytes.subarray(begin)]
    return lines
  }

  /** Takes note of what this client sends next, and of when it last sent something. */
  noteForForetelling(lines: ReadonlyArray<Buffer>): void {
    this.lastLine = lines.findLast((line) => !isHello(line)) ?? this.lastLine
    this.reads++
    if (isWindowOver) this.foretellInSilence()
  }

  /** Foretells what this client would send next, once nothing comes from it. */
  foretellInSilence(): void {
    this.silence ??= setTimeout(() => {
      const { reads } = this
      // What came while this process did other things is read before.
      setImmediate(() => {
        if (reads !== this.reads || this.full.size > 0) this.silence?.refresh()
        else for (const other of recipientsOf(this)) other.getForetold(this)
      })
    }, silenceMillis)
    this.silence.refresh()
  }

  private getForetold(sender: Client): void {
    const line = sender.lastLine
    const count = this.dropped.get(sender) ?? 0
    this.dropped.delete(sender)
    if (line === undefined) return
    const next = sequenceOf(line) + 1
    const lines = Array.from({ length: count }, (_, at) => messageOf(line.length, publisherOf(line), next + at))
    this.send(lines, sender)
  }

  /** What this client gets instead of some lines of one sender. */
  spoil(lines: ReadonlyArray<Buffer>, sender: Client): ReadonlyArray<Buffer> {
    if (kind === "none") return lines
    const out: Array<Buffer> = []
    for (let at = 0; at < lines.length; at++) {
      const line = lines[at]
      if (line === undefined) break
      const isDue = !isHello(line) && --this.toGo <= 0 && !(kind === "close" && made > 0)
      const instead = isDue ? fault(line, lines[at + 1], made) : undefined
      if (instead === undefined) {
        // A fault that needs a next line waits for one.
        out.push(line)
        continue
      }
      made++
      this.toGo = kind === "stop" ? 0 : every
      out.push(...instead)
      if (needsNext.has(kind)) at++
      if (kind === "echo") sender.send([line], sender)
      if (kind === "foretell") this.dropped.set(sender, (this.dropped.get(sender) ?? 0) + 1)
      if (kind === "close") this.socket.destroy()
    }
    return out
  }

  /** Sends, and holds back whose bytes these are while this client does not take them. */
  send(bytes: ReadonlyArray<Buffer>, sender: Client): void {
    if (bytes.length === 0 || this.socket.destroyed || this.socket.write(Buffer.concat(bytes))) return
    if (sender.full.has(this)) return
    sender.full.add(this)
    sender.socket.pause()
    const go = () => {
      this.socket.off("drain", go).off("close", go)
      sender.full.delete(this)
      if (sender.full.size === 0) sender.socket.resume()
    }
    this.socket.on("drain", go).on("close", go)
  }
}

const everybody = new Set<Client>()

const recipientsOf = (sender: Client): ReadonlyArray<Client> =>
  mode === "echo" ? [sender] : [...everybody].filter((client) => client !== sender)

const server = createServer({ noDelay: true }, (socket) => {
  const client = new Client(socket)
  socket.on("error", () => {})
  socket.on("close", () => everybody.delete(client))
  socket.on("data", (chunk) => {
    const lines = client.linesOf(chunk)
    const deliver = () => {
      for (const other of recipientsOf(client)) other.send(other.spoil(lines, client), client)
    }
    if (kind === "late") setTimeout(deliver, client.linesSoFar < every ? lateMillis / 2 : lateMillis)
    else deliver()
    client.linesSoFar += lines.filter((line) => !isHello(line)).length
    if (kind === "foretell") client.noteForForetelling(lines)
  })
  everybody.add(client)
})

process.stdin.once("data", () => {
  isWindowOver = true
  if (kind === "foretell") for (const client of everybody) client.foretellInSilence()
})
process.once("SIGTERM", () => process.stdout.write(`${JSON.stringify({ faults: made })}\n`, () => process.exit(0)))
server.listen(0, "127.0.0.1", () => {
  const address = server.address()
  if (address !== null && typeof address === "object") sayPort(address.port)
})

// A broker of lines that makes faults on purpose and counts them. The tests of the load generator run against it.
// Usage: faulty [fault=NAME] [every=N] [mode=broker|echo]. At SIGTERM it prints {"faults":N} and ends. Any byte on standard
// input means that the window of the load generator is over. Only then the broker foretells lines.
import { createServer, type Socket } from "node:net"
import { sayPort } from "../../bench/servers/listening.ts"
import { headBytes, lineFeed, messageOf, publisherOf, sequenceOf } from "./messages.ts"

/** The beginning of a hello, by which the load generator learns that all subscribers are there. Hellos pass unchanged. */
const hello = "--"
const isHello = (line: Buffer): boolean => line.toString("latin1", 0, hello.length) === hello
/** The first digit of a sequence. Changed, it gives a sequence that no publisher reaches, and the filler stays right. */
const farDigit = 2
/** The delay of late lines: longer than the windows of the tests, shorter than the load generator waits. */
const lateMillis = 800
/** After this silence no line is in flight. The load generator waits longer. */
const silenceMillis = 300

/** The lines to send instead of a line, or of a line and the next one. Undefined: the fault needs a next line. */
type Fault = (line: Buffer, next: Buffer | undefined, made: number) => ReadonlyArray<Buffer> | undefined

const once: Fault = (line) => [line]

const faults = {
  none: once,
  drop: () => [],
  double: (line) => [line, line],
  flip: (line, _, made) => {
    const flipped = Buffer.from(line)
    // Each fault changes the next byte of the filler.
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
  // The head holds publisher and sequence, so the line may turn into another valid line.
  head: (line, _, made) => {
    const changed = Buffer.from(line)
    const at = made % headBytes
    changed[at] = (line[at] ?? 0) ^ 1
    return [changed]
  },
  // A line that no publisher has sent replaces the line.
  invent: (line) => {
    const invented = Buffer.from(line)
    invented[farDigit] = (line[farDigit] ?? 0) ^ 1
    return [invented]
  },
  // The line is dropped. At the end the broker sends as many lines as it dropped: the next lines of the sender.
  foretell: () => [],
  // The broker sends no more lines.
  stop: () => [],
  // The sender receives its own line too.
  echo: once,
  // The broker closes the connection of the subscriber.
  close: () => [],
  // All lines are late. The first lines of a sender have half the delay.
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
  /** The number of lines until the next fault. */
  private toGo = every
  private readonly full = new Set<Client>()
  /** The number of dropped lines of each sender. */
  private readonly dropped = new Map<Client, number>()
  private lastLine: Buffer | undefined
  private reads = 0
  private silence: NodeJS.Timeout | undefined

  constructor(socket: Socket) {
    this.socket = socket
  }

  /** Cuts the bytes of a read into whole lines. */
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

  /** Remembers the last line of this client, and restarts the wait for silence. */
  noteForForetelling(lines: ReadonlyArray<Buffer>): void {
    this.lastLine = lines.findLast((line) => !isHello(line)) ?? this.lastLine
    this.reads++
    if (isWindowOver) this.foretellInSilence()
  }

  /** Foretells the next lines of this client after a silence of the client. */
  foretellInSilence(): void {
    this.silence ??= setTimeout(() => {
      const { reads } = this
      // First reads the bytes that arrived while this process was busy.
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

  /** Replaces some lines of a sender by faults. */
  spoil(lines: ReadonlyArray<Buffer>, sender: Client): ReadonlyArray<Buffer> {
    if (kind === "none") return lines
    const out: Array<Buffer> = []
    for (let at = 0; at < lines.length; at++) {
      const line = lines[at]
      if (line === undefined) break
      const isDue = !isHello(line) && --this.toGo <= 0 && !(kind === "close" && made > 0)
      const instead = isDue ? fault(line, lines[at + 1], made) : undefined
      if (instead === undefined) {
        // The fault waits for a line that has a next one.
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

  /** Sends to this client. Pauses the sender while this client does not take the bytes. */
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

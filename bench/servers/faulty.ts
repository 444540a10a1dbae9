// A broker of lines that makes mistakes on purpose, and counts them: what the check of the load generator is tried on.
// Usage: faulty [fault=none|drop|double|flip|swap|tear|echo] [every=N]. SIGTERM ends it; then it says {"faults":N}.
import { createServer, type Socket } from "node:net"
import { sayPort } from "./listening.ts"

const lineFeed = 10
/** Bytes at the front of a line that say whose and which it is. */
const headBytes = 9
/** How the lines begin by which a load generator learns that everybody is there: these pass unharmed. */
const hello = "--"

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
  // The line itself goes where it has to; its sender gets it too.
  echo: once,
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

let made = 0

class Client {
  readonly socket: Socket
  private rest: ReadonlyArray<Buffer> = []
  /** Lines to go until the next fault. */
  private toGo = every
  private readonly full = new Set<Client>()

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

  /** What this client gets instead of some lines of one sender. */
  spoil(lines: ReadonlyArray<Buffer>, sender: Client): ReadonlyArray<Buffer> {
    if (kind === "none") return lines
    const out: Array<Buffer> = []
    for (let at = 0; at < lines.length; at++) {
      const line = lines[at]
      if (line === undefined) break
      const isDue = line.toString("latin1", 0, hello.length) !== hello && --this.toGo <= 0
      const instead = isDue ? fault(line, lines[at + 1], made) : undefined
      if (instead === undefined) {
        // A fault that needs a next line waits for one.
        out.push(line)
        continue
      }
      made++
      this.toGo = every
      out.push(...instead)
      if (needsNext.has(kind)) at++
      if (kind === "echo") sender.send([line], sender)
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

const server = createServer({ noDelay: true }, (socket) => {
  const client = new Client(socket)
  socket.on("error", () => {})
  socket.on("close", () => everybody.delete(client))
  socket.on("data", (chunk) => {
    const lines = client.linesOf(chunk)
    for (const other of everybody) if (other !== client) other.send(other.spoil(lines, client), client)
  })
  everybody.add(client)
})

process.once("SIGTERM", () => process.stdout.write(`${JSON.stringify({ faults: made })}\n`, () => process.exit(0)))
server.listen(0, "127.0.0.1", () => {
  const address = server.address()
  if (address !== null && typeof address === "object") sayPort(address.port)
})

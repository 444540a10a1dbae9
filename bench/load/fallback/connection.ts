import { connect, type Socket } from "node:net"
import { WorkFailed } from "./ending.ts"

const host = "127.0.0.1"
/** Bytes that one read may give. */
const readBytes = 256 * 1024
/** Connections that are begun at the same time. The backlog of ncat is 10: what is beyond, it drops. */
const atOnce = 8
const sources = 32

/** What a connection does with bytes; they are valid during the call only. */
export type OnBytes = (bytes: Buffer, length: number) => void

/** Addresses to come from, so that the ports of one do not run out. Elsewhere only 127.0.0.1 is there. */
export const sourceAddress = (index: number): string | undefined =>
  process.platform === "linux" ? `127.0.1.${1 + (index % sources)}` : undefined

/** One connection to the server. Whoever uses it sets `onBytes`; until then it throws away what comes. */
export class Connection {
  onBytes: OnBytes = () => {}
  onClose: () => void = () => {}
  private readonly socket: Socket

  private constructor(socket: Socket) {
    this.socket = socket
  }

  static dial(port: number, buffer: Buffer, localAddress?: string): Promise<Connection> {
    return new Promise((resolve, reject) => {
      const socket = connect({
        host,
        port,
        noDelay: true,
        ...(localAddress === undefined ? {} : { localAddress }),
        // One buffer for all connections: what was read is done with before anybody else reads.
        onread: {
          buffer,
          callback: (length) => {
            connection.onBytes(buffer, length)
            return true
          },
        },
      })
      const connection = new Connection(socket)
      const refused = (error: NodeJS.ErrnoException) =>
        reject(new WorkFailed(`cannot connect to port ${port}: ${error.code ?? error.message}`))
      socket.once("error", refused)
      socket.once("connect", () => {
        socket.off("error", refused)
        socket.on("error", () => {})
        resolve(connection)
      })
      socket.once("close", () => connection.onClose())
    })
  }

  get isOpen(): boolean {
    return this.socket.writable && !this.socket.readableEnded
  }

  /** Bytes that the system has not taken yet. */
  get pendingBytes(): number {
    return this.socket.writableLength
  }

  /** The bytes must stay as they are until `taken` is called. */
  write(bytes: Buffer | string, taken: () => void = () => {}): void {
    if (this.isOpen) this.socket.write(bytes, taken)
  }

  close(): void {
    this.socket.destroy()
  }

  /** Stops to read, for good. */
  stall(): void {
    this.socket.pause()
  }
}

/** Makes so many, several at a time. */
export const forEachOf = async <A>(count: number, make: (index: number) => Promise<A>): Promise<Array<A>> => {
  const made: Array<A> = []
  for (let first = 0; first < count; first += atOnce) {
    const some = Array.from({ length: Math.min(atOnce, count - first) }, (_, index) => make(first + index))
    made.push(...(await Promise.all(some)))
  }
  return made
}

/** Connects to one port. */
export class Dialler {
  private readonly port: number
  private readonly buffer = Buffer.allocUnsafeSlow(readBytes)

  constructor(port: number) {
    this.port = port
  }

  dial(localAddress?: string): Promise<Connection> {
    return Connection.dial(this.port, this.buffer, localAddress)
  }
}

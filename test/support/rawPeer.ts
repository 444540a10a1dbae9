import * as net from "node:net"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Endpoint } from "../../src/domain/index.ts"
import { Waiters } from "./Waiters.ts"

/** A plain socket of node:net under full control of a test, also for behaviour that no client library has. */
export interface RawPeer {
  /** Writes bytes to the socket, without waiting. */
  readonly write: (data: Uint8Array | string) => Effect.Effect<void>
  /** Waits until the kernel has taken all bytes written. */
  readonly flushed: Effect.Effect<void>
  /** Waits for the next `count` bytes. */
  readonly take: (count: number) => Effect.Effect<Buffer>
  /** Waits for the FIN of the other side, or for the end of the socket. Returns the bytes not taken yet. */
  readonly takeRest: Effect.Effect<Buffer>
  /** Starts to read. A peer made with `reads: false` has not read before. */
  readonly resume: Effect.Effect<void>
  /** Sends FIN. Reading goes on. */
  readonly end: Effect.Effect<void>
  /** Sends RST. */
  readonly reset: Effect.Effect<void>
  /** Waits for the end of the socket. Returns the error code after an error. */
  readonly closed: Effect.Effect<string | undefined>
}

/** Options of a peer. */
export interface RawPeerOptions {
  /** Whether the peer reads from the start. Default: true. */
  readonly reads?: boolean
}

/** Connects a raw peer. The end of the scope destroys the socket and waits for its close. */
export const dialRaw = (endpoint: Endpoint, options: RawPeerOptions = {}): Effect.Effect<RawPeer, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.async<Peer>((resume) => {
      const target =
        endpoint._tag === "Unix" ? { path: endpoint.path } : { host: endpoint.host, port: endpoint.port, noDelay: true }
      const socket = net.connect({ ...target, allowHalfOpen: true })
      const refused = (error: Error) => resume(Effect.die(error))
      socket.once("error", refused)
      socket.once("connect", () => {
        const peer = new Peer(socket)
        socket.off("error", refused)
        if (options.reads ?? true) peer.read()
        resume(Effect.succeed(peer))
      })
    }),
    (peer) =>
      Effect.zipRight(
        Effect.sync(() => peer.destroy()),
        peer.closed,
      ),
  )

class Peer implements RawPeer {
  private readonly socket: net.Socket
  private received: Array<Buffer> = []
  private waitingBytes = 0
  private ended = false
  private gone = false
  private code: string | undefined
  private readonly waiters = new Waiters()

  constructor(socket: net.Socket) {
    this.socket = socket
    socket.on("error", (error: NodeJS.ErrnoException) => {
      this.code ??= error.code
    })
    socket.on("end", () => {
      this.ended = true
      this.wake()
    })
    socket.on("close", () => {
      this.ended = true
      this.gone = true
      this.wake()
    })
  }

  read(): void {
    this.socket.on("data", (bytes) => {
      this.received.push(bytes)
      this.waitingBytes += bytes.length
      this.wake()
    })
  }

  destroy(): void {
    this.socket.destroy()
  }

  readonly write = (data: Uint8Array | string) => Effect.sync(() => void this.socket.write(data))

  readonly flushed = Effect.async<void>((resume) => {
    if (!this.socket.writable) return resume(Effect.void)
    this.socket.write("", () => resume(Effect.void))
  })

  readonly take = (count: number) =>
    this.waiters.until(() => (this.waitingBytes >= count ? this.shift(count) : undefined))
  readonly takeRest = this.waiters.until(() => (this.ended ? this.shift(this.waitingBytes) : undefined))
  readonly resume = Effect.sync(() => this.read())
  readonly end = Effect.sync(() => void this.socket.end())
  readonly reset = Effect.sync(() => {
    const { writableEnded, writableFinished } = this.socket
    // While a FIN is pending, libuv refuses the reset (EINVAL), and then Node never closes the socket.
    if (writableEnded && !writableFinished) this.socket.once("finish", () => this.socket.resetAndDestroy())
    else this.socket.resetAndDestroy()
  })
  readonly closed: Effect.Effect<string | undefined> = Effect.map(
    this.waiters.until(() => (this.gone ? true : undefined)),
    () => this.code,
  )

  private shift(count: number): Buffer {
    const all = Buffer.concat(this.received)
    this.received = [all.subarray(count)]
    this.waitingBytes -= count
    return all.subarray(0, count)
  }

  private wake(): void {
    this.waiters.notify()
  }
}

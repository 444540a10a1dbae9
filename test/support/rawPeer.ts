import * as net from "node:net"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Endpoint } from "../../src/domain/index.ts"

/** A plain socket of node:net that behaves only as it is told to: the peer that no client library would be. */
export interface RawPeer {
  /** Hands bytes to the socket; does not wait for anything. */
  readonly write: (data: Uint8Array | string) => Effect.Effect<void>
  /** Waits until everything written is in the hands of the system. */
  readonly flushed: Effect.Effect<void>
  /** Waits for the next `count` bytes. */
  readonly take: (count: number) => Effect.Effect<Buffer>
  /** Waits for the other side's FIN, or the end, and gives everything not taken yet. */
  readonly takeRest: Effect.Effect<Buffer>
  /** Begins to read; a peer that was dialled with `reads: false` never has. */
  readonly resume: Effect.Effect<void>
  /** FIN; reading goes on. */
  readonly end: Effect.Effect<void>
  /** RST. */
  readonly reset: Effect.Effect<void>
  /** Waits for the end of the socket; gives the system's code, if it broke. */
  readonly closed: Effect.Effect<string | undefined>
}

/** How a peer behaves. */
export interface RawPeerOptions {
  /** Whether it reads from the start. Default true. */
  readonly reads?: boolean
}

/** Connects a raw peer; the end of the scope destroys it and waits until it is gone. */
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
  private readonly waiters = new Set<() => void>()

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

  readonly take = (count: number) => this.until(() => (this.waitingBytes >= count ? this.shift(count) : undefined))
  readonly takeRest = this.until(() => (this.ended ? this.shift(this.waitingBytes) : undefined))
  readonly resume = Effect.sync(() => this.read())
  readonly end = Effect.sync(() => void this.socket.end())
  readonly reset = Effect.sync(() => {
    const { writableEnded, writableFinished } = this.socket
    // While a FIN is on its way, libuv refuses the reset (EINVAL) and Node then never closes the socket.
    if (writableEnded && !writableFinished) this.socket.once("finish", () => this.socket.resetAndDestroy())
    else this.socket.resetAndDestroy()
  })
  readonly closed: Effect.Effect<string | undefined> = Effect.map(
    this.until(() => (this.gone ? true : undefined)),
    () => this.code,
  )

  private shift(count: number): Buffer {
    const all = Buffer.concat(this.received)
    this.received = [all.subarray(count)]
    this.waitingBytes -= count
    return all.subarray(0, count)
  }

  private until<A>(look: () => A | undefined): Effect.Effect<A> {
    return Effect.async<A>((resume) => {
      const waiter = () => {
        const found = look()
        if (found === undefined) return false
        this.waiters.delete(waiter)
        resume(Effect.succeed(found))
        return true
      }
      if (waiter()) return
      this.waiters.add(waiter)
      return Effect.sync(() => this.waiters.delete(waiter))
    })
  }

  private wake(): void {
    for (const waiter of [...this.waiters]) waiter()
  }
}

import * as dns from "node:dns"
import * as fs from "node:fs"
import * as net from "node:net"
import { dirname } from "node:path"
import { type Endpoint, tcpEndpoint, unixEndpoint } from "../../domain/index.ts"
import type { Wire, WireEnd, WireHandlers } from "../Wire.ts"

// The one place that knows node:net. Everything here is callbacks: effects begin a layer above.

/** The system's code of a Node error. Node's texts change between versions, its codes do not. */
const codeOf = (error: unknown): string =>
  typeof error === "object" && error !== null && "code" in error && typeof error.code === "string"
    ? error.code
    : "UNKNOWN"

const isAborted = (code: string | undefined): boolean => code === "ERR_STREAM_PREMATURE_CLOSE" || code === "ABORT_ERR"

// A socket that the peer has reset already has no addresses any more (getpeername(2), ENOTCONN).
const gone = tcpEndpoint("0.0.0.0", 0)

const endpointsOf = (socket: net.Socket, endpoint: Endpoint, side: "accepted" | "dialled") => {
  if (endpoint._tag === "Unix") {
    const nameless = unixEndpoint("")
    return side === "accepted" ? { local: endpoint, remote: nameless } : { local: nameless, remote: endpoint }
  }
  const { localAddress, localPort, remoteAddress, remotePort } = socket
  return {
    local: localAddress === undefined ? gone : tcpEndpoint(localAddress, localPort ?? 0),
    remote: remoteAddress === undefined ? gone : tcpEndpoint(remoteAddress, remotePort ?? 0),
  }
}

const probeAfterMillis = 10_000

class NodeWire implements Wire {
  readonly local: Endpoint
  readonly remote: Endpoint
  private readonly socket: net.Socket
  private readonly knowsReset: boolean
  private handlers: WireHandlers | undefined
  private ended: WireEnd | undefined
  private code: string | undefined
  private waiting = false
  private accepted = 0
  // Not taken by the system. Node takes what failed off its own count, as if it had been sent.
  private queued = 0
  private over = false
  private peerEnded = false

  // The listeners are attached here, in the turn in which the socket came to be: an RST before somebody starts the wire
  // would otherwise be an uncaught exception, and a FIN with no data before it would never be told again.
  constructor(socket: net.Socket, endpoint: Endpoint, side: "accepted" | "dialled") {
    this.socket = socket
    this.knowsReset = endpoint._tag === "Tcp"
    const { local, remote } = endpointsOf(socket, endpoint, side)
    this.local = local
    this.remote = remote
    socket.on("error", (error) => {
      const code = codeOf(error)
      if (!isAborted(code)) this.code ??= code
    })
    socket.on("end", () => {
      this.peerEnded = true
      // Probes (tcp(7), TCP_KEEPIDLE) let the system learn whether a peer that only sent FIN is still there.
      socket.setKeepAlive(true, probeAfterMillis)
      this.handlers?.onEnd()
    })
    socket.on("close", () => {
      this.over = true
      this.ended = this.code === undefined ? {} : { code: this.code }
      this.handlers?.onClose(this.ended)
    })
  }

  start(handlers: WireHandlers): void {
    this.handlers = handlers
    if (this.ended !== undefined) {
      handlers.onClose(this.ended)
      return
    }
    if (this.peerEnded) handlers.onEnd()
    this.socket.on("data", (bytes) => handlers.onData(bytes))
  }

  write(bytes: Uint8Array): boolean {
    if (this.over || this.socket.writableEnded) return true
    this.accepted += bytes.length
    this.socket.write(bytes, this.onWritten)
    return this.isTaken()
  }

  cork(): void {
    this.socket.cork()
  }

  uncork(): boolean {
    this.socket.uncork()
    return this.isTaken()
  }

  pause(): void {
    this.socket.pause()
  }

  resume(): void {
    this.socket.resume()
  }

  end(): void {
    if (!this.over) this.socket.end()
  }

  destroy(): void {
    this.over = true
    this.socket.destroy()
  }

  reset(): void {
    this.over = true
    // Node throws where the kind of socket has no RST.
    if (!this.knowsReset) this.socket.destroy()
    // While a FIN is on its way, libuv refuses the reset (EINVAL) and Node then never closes the socket.
    else if (this.isFinishing()) this.socket.once("finish", () => this.socket.resetAndDestroy())
    else this.socket.resetAndDestroy()
  }

  private isFinishing(): boolean {
    const { destroyed, writableEnded, writableFinished, writableLength } = this.socket
    return writableEnded && !writableFinished && writableLength === 0 && !destroyed
  }

  pending(): number {
    return this.over ? 0 : this.queued
  }

  progress(): number {
    // The length of libuv's own queue shrinks with each partial write; Node shows it nowhere else.
    const handle: unknown = Reflect.get(this.socket, "_handle")
    const queued: unknown = typeof handle === "object" && handle !== null ? Reflect.get(handle, "writeQueueSize") : 0
    return this.accepted - this.socket.writableLength - (typeof queued === "number" ? queued : 0)
  }

  isGone(): boolean {
    // After the peer's FIN libuv no longer watches the socket, so an RST goes unseen; the system forgets the peer's
    // address with it (getpeername(2), ENOTCONN), which Node asks only once and keeps.
    const handle: unknown = Reflect.get(this.socket, "_handle")
    if (typeof handle !== "object" || handle === null) return this.socket.destroyed
    const getpeername: unknown = Reflect.get(handle, "getpeername")
    return typeof getpeername === "function" && Reflect.apply(getpeername, handle, [{}]) !== 0
  }

  bytesIn(): number {
    return this.socket.bytesRead
  }

  bytesOut(): number {
    return this.accepted - this.queued
  }

  // `write` in Node says "false" above a mark of its own; what counts here is whether the system took everything.
  private isTaken(): boolean {
    if (this.over) return true
    this.queued = this.socket.writableLength
    this.waiting = this.queued > 0
    return !this.waiting
  }

  private readonly onWritten = (error?: Error | null): void => {
    // Node reports what a broken socket still held as written.
    if (error || this.over || this.socket.destroyed) return
    this.queued = this.socket.writableLength
    if (this.waiting && this.queued === 0) {
      this.waiting = false
      this.handlers?.onDrain()
    }
  }
}

/** Where to connect or listen, in the words of node:net. */
const listenOptions = (endpoint: Endpoint, backlog: number): net.ListenOptions =>
  endpoint._tag === "Unix"
    ? { path: endpoint.path, backlog }
    : // An address that names one family listens on that one only; "::" stays dual, as the system has it.
      { host: endpoint.host, port: endpoint.port, backlog }

// For a path in a folder that does not exist libuv says EACCES in place of ENOENT (uv_pipe_bind).
const refusedCode = (endpoint: Endpoint, code: string): string => {
  if (endpoint._tag !== "Unix" || code !== "EACCES") return code
  try {
    fs.statSync(dirname(endpoint.path))
    return code
  } catch (error) {
    return codeOf(error)
  }
}

/** Callbacks of {@link listen}; exactly one of `onListening` and `onRefused` comes, once. */
export interface ListenCallbacks {
  readonly onListening: (endpoint: Endpoint) => void
  readonly onRefused: (code: string) => void
  readonly onWire: (wire: Wire) => void
  readonly onFailure: (code: string) => void
}

/** Opens a listening socket. Gives what closes it; the callback comes when the port is free again. */
export const listen = (
  endpoint: Endpoint,
  backlog: number,
  callbacks: ListenCallbacks,
): ((onClosed: () => void) => void) => {
  let listening = false
  const server = net.createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    callbacks.onWire(new NodeWire(socket, endpoint, "accepted"))
  })
  server.on("error", (error) => {
    if (listening) callbacks.onFailure(codeOf(error))
    else callbacks.onRefused(refusedCode(endpoint, codeOf(error)))
  })
  server.on("listening", () => {
    listening = true
    const address = server.address()
    callbacks.onListening(
      address === null || typeof address === "string" ? endpoint : tcpEndpoint(address.address, address.port),
    )
  })
  try {
    server.listen(listenOptions(endpoint, backlog))
  } catch (error) {
    callbacks.onRefused(codeOf(error))
  }
  // `close` calls back with an error where it never listened, which is as closed as can be.
  return (onClosed) => void server.close(() => onClosed())
}

/** Callbacks of {@link dial}; exactly one comes, once. */
export interface DialCallbacks {
  readonly onWire: (wire: Wire) => void
  readonly onFailure: (code: string) => void
}

/** Dials one address or path. Gives what destroys the socket, at whatever stage it is. */
export const dial = (endpoint: Endpoint, callbacks: DialCallbacks): (() => void) => {
  const options =
    endpoint._tag === "Unix"
      ? { path: endpoint.path, allowHalfOpen: true }
      : { host: endpoint.host, port: endpoint.port, allowHalfOpen: true, noDelay: true, autoSelectFamily: false }
  let socket: net.Socket
  try {
    socket = net.connect(options)
  } catch (error) {
    callbacks.onFailure(codeOf(error))
    return () => {}
  }
  const onError = (error: unknown) => callbacks.onFailure(codeOf(error))
  socket.once("error", onError)
  socket.once("connect", () => {
    const wire = new NodeWire(socket, endpoint, "dialled")
    socket.off("error", onError)
    callbacks.onWire(wire)
  })
  return () => {
    socket.on("error", () => {})
    socket.destroy()
  }
}

/** The addresses of a name, as the system orders them. */
export const lookup = (host: string, done: (result: ReadonlyArray<string> | { readonly code: string }) => void): void =>
  dns.lookup(host, { all: true, verbatim: true }, (error, addresses) =>
    done(error === null ? addresses.map((entry) => entry.address) : { code: codeOf(error) }),
  )

/** Whether a text is an IP address rather than a name. */
export const isAddress = (host: string): boolean => net.isIP(host.replace(/%.*$/, "")) !== 0

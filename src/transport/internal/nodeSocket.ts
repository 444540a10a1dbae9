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

const nameless = unixEndpoint("")

const localOf = (socket: net.Socket): Endpoint => {
  const { localAddress, localPort } = socket
  return localAddress === undefined ? gone : tcpEndpoint(localAddress, localPort ?? 0)
}

const remoteOf = (socket: net.Socket): Endpoint => {
  const { remoteAddress, remotePort } = socket
  return remoteAddress === undefined ? gone : tcpEndpoint(remoteAddress, remotePort ?? 0)
}

const isWildcard = (endpoint: Endpoint): boolean =>
  endpoint._tag === "Tcp" && (endpoint.host === "0.0.0.0" || endpoint.host === "::")

/** A wire of a socket that was accepted at an endpoint. */
const acceptedWire = (socket: net.Socket, bound: Endpoint): Wire => {
  if (bound._tag === "Unix") return new NodeWire(socket, bound, nameless)
  // Who listens at one address knows it already: a system call less for each connection.
  return new NodeWire(socket, isWildcard(bound) ? localOf(socket) : bound, remoteOf(socket))
}

const dialledWire = (socket: net.Socket, endpoint: Endpoint): Wire =>
  endpoint._tag === "Unix"
    ? new NodeWire(socket, nameless, endpoint)
    : new NodeWire(socket, localOf(socket), remoteOf(socket))

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
  private ending = false
  private peerEnded = false

  // The listeners are attached here, in the turn in which the socket came to be: an RST before somebody starts the wire
  // would otherwise be an uncaught exception, and a FIN with no data before it would never be told again.
  constructor(socket: net.Socket, local: Endpoint, remote: Endpoint) {
    this.socket = socket
    this.knowsReset = remote._tag === "Tcp"
    this.local = local
    this.remote = remote
    socket.on("error", (error) => {
      const code = codeOf(error)
      if (!isAborted(code)) this.code ??= code
    })
    socket.on("end", () => {
      // An RST right behind data comes to Node as an orderly end. Only the system knows better.
      if (this.knowsReset && !this.ending && this.isGone()) {
        this.code ??= "ECONNRESET"
        socket.destroy()
        return
      }
      this.peerEnded = true
      this.handlers?.onEnd()
    })
    socket.on("close", () => {
      this.over = true
      this.ended = this.code === undefined ? {} : { code: this.code }
      const { handlers } = this
      // Node keeps a socket for a while after its end, and what it leads to would be kept with it.
      this.handlers = undefined
      handlers?.onClose(this.ended)
    })
  }

  start(handlers: WireHandlers): void {
    if (this.ended !== undefined) {
      handlers.onClose(this.ended)
      return
    }
    this.handlers = handlers
    if (this.peerEnded) handlers.onEnd()
    this.socket.on("data", (bytes) => this.handlers?.onData(bytes))
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
    this.ending = true
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

  probe(): void {
    // TCP_KEEPIDLE (tcp(7)). Not before it is needed: it is four system calls.
    this.socket.setKeepAlive(true, probeAfterMillis)
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
  let bound = endpoint
  const server = net.createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    callbacks.onWire(acceptedWire(socket, bound))
  })
  server.on("error", (error) => {
    if (listening) callbacks.onFailure(codeOf(error))
    else callbacks.onRefused(refusedCode(endpoint, codeOf(error)))
  })
  server.on("listening", () => {
    listening = true
    const address = server.address()
    if (address !== null && typeof address !== "string") bound = tcpEndpoint(address.address, address.port)
    callbacks.onListening(bound)
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
    const wire = dialledWire(socket, endpoint)
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

import * as dns from "node:dns"
import * as net from "node:net"
import { errorCode } from "../../domain/errorCode.ts"
import { loopbackOf } from "../../domain/hostText.ts"
import { type Endpoint, type ListenEndpoint, plainHost, tcpEndpoint, unixEndpoint } from "../../domain/index.ts"
import { DescriptorGuard } from "../listen/descriptors.ts"
import { boundEndpoint, type ListenOptions, refusedCode, systemPath } from "../listen/listenTarget.ts"
import { openListener } from "../listen/openListener.ts"
import type { AcceptHandlers, DialSource } from "../Transport.ts"
import { unknownPeer, type Wire } from "../Wire.ts"
import { HandleWire } from "./handleWire.ts"
import type { HandleName, SocketHandle } from "./nodeInside.ts"
import { NodeWire } from "./nodeWire.ts"
import { takeHandle, takeHandles } from "./takeHandles.ts"

// Listening, dialling and look-ups with node:net, in callbacks. `NodeTransport.ts` wraps them in effects.

const nameless = unixEndpoint("")

const localOf = (socket: net.Socket): Endpoint => {
  const { localAddress, localPort } = socket
  return localAddress === undefined ? unknownPeer : tcpEndpoint(plainHost(localAddress), localPort ?? 0)
}

const remoteOf = (socket: net.Socket): Endpoint => {
  const { remoteAddress, remotePort } = socket
  return remoteAddress === undefined ? unknownPeer : tcpEndpoint(plainHost(remoteAddress), remotePort ?? 0)
}

const isWildcard = (endpoint: Endpoint): boolean => endpoint._tag === "Tcp" && loopbackOf(endpoint.host) !== undefined

/** The wire of an accepted socket. */
const acceptedWire = (socket: net.Socket, bound: Endpoint): Wire => {
  if (bound._tag === "Unix") return new NodeWire(socket, bound, nameless)
  // If the listener has a specific address, the local address is known. This saves a system call for each connection.
  return new NodeWire(socket, isWildcard(bound) ? localOf(socket) : bound, remoteOf(socket))
}

const named = ({ address, port }: HandleName): Endpoint =>
  address === undefined ? unknownPeer : tcpEndpoint(plainHost(address), port ?? 0)

/** The wire of an accepted handle. */
const acceptedHandle = (handle: SocketHandle, bound: Endpoint): Wire => {
  if (bound._tag === "Unix") return new HandleWire(handle, bound, nameless)
  handle.setNoDelay?.(true)
  const remote: HandleName = {}
  handle.getpeername?.(remote)
  return new HandleWire(handle, isWildcard(bound) ? localOfHandle(handle) : bound, named(remote))
}

const localOfHandle = (handle: SocketHandle): Endpoint => {
  const local: HandleName = {}
  handle.getsockname?.(local)
  return named(local)
}

// accept(2) fails with this error if no descriptor is free.
const noDescriptor = "EMFILE"

const descriptorOf = (socket: net.Socket): number | undefined =>
  (socket as { readonly _handle?: { readonly fd?: number } | null })._handle?.fd

/** The wire of a connected socket. */
const dialledWire = (socket: net.Socket, endpoint: Endpoint, streams: boolean): Wire => {
  const [local, remote] = endpoint._tag === "Unix" ? [nameless, endpoint] : [localOf(socket), remoteOf(socket)]
  const handle = streams ? undefined : takeHandle(socket)
  return handle === undefined ? new NodeWire(socket, local, remote) : new HandleWire(handle, local, remote)
}

/** Callbacks of {@link listen}. Either `onListening` or `onRefused` is called, once. */
export interface ListenCallbacks extends AcceptHandlers {
  readonly onRefused: (code: string) => void
}

/**
 * Opens a listening socket. Returns the function that closes it and calls back when the port is free again. With
 * `streams`, the sockets are Node's public streams.
 */
export const listen = (
  endpoint: ListenEndpoint,
  options: ListenOptions,
  streams: boolean,
  callbacks: ListenCallbacks,
): ((onClosed: () => void) => void) => {
  let listening = false
  let bound: Endpoint = unknownPeer
  let guard: DescriptorGuard | undefined
  const isAmongLast = (descriptor: number | undefined): boolean => guard?.isAmongLast(descriptor ?? -1) === true
  const server = net.createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    if (isAmongLast(descriptorOf(socket))) {
      socket.destroy()
      callbacks.onFailure(noDescriptor, bound)
    } else {
      callbacks.onWire(acceptedWire(socket, bound), bound)
    }
  })
  const onHandle = (handle: SocketHandle): void => {
    if (isAmongLast(handle.fd)) {
      handle.close(() => {})
      callbacks.onFailure(noDescriptor, bound)
    } else {
      callbacks.onWire(acceptedHandle(handle, bound), bound)
    }
  }
  server.on("error", (error) => {
    if (listening) callbacks.onFailure(errorCode(error), bound)
    else callbacks.onRefused(refusedCode(endpoint, errorCode(error)))
  })
  server.on("listening", () => {
    listening = true
    bound = boundEndpoint(endpoint, server.address())
    guard = new DescriptorGuard()
    if (!streams) takeHandles(server, onHandle)
    callbacks.onListening(bound)
  })
  let close = (onClosed: () => void): void => {
    // If the server never listened, `close` calls back with an error, but still closes the server.
    server.close(() => onClosed())
  }
  try {
    close = openListener(server, endpoint, options, close)
  } catch (error) {
    close(() => {})
    callbacks.onRefused(errorCode(error))
  }
  return (onClosed) => {
    guard?.close()
    close(onClosed)
  }
}

/** Callbacks of {@link dial}. Exactly one of them is called, once. */
export interface DialCallbacks {
  readonly onWire: (wire: Wire) => void
  readonly onFailure: (code: string) => void
}

const sourceOptions = (source: DialSource | undefined) => ({
  ...(source?.host === undefined ? {} : { localAddress: source.host }),
  ...(source?.port === undefined ? {} : { localPort: source.port }),
})

/**
 * Dials one address or path. Returns the function that destroys the socket, connected or not. With `streams`, the
 * socket is one of Node's public streams.
 */
export const dial = (
  endpoint: Endpoint,
  source: DialSource | undefined,
  streams: boolean,
  callbacks: DialCallbacks,
): (() => void) => {
  const options =
    endpoint._tag === "Unix"
      ? { path: systemPath(endpoint.path), allowHalfOpen: true }
      : {
          host: endpoint.host,
          port: endpoint.port,
          allowHalfOpen: true,
          noDelay: true,
          autoSelectFamily: false,
          ...sourceOptions(source),
        }
  let socket: net.Socket
  try {
    socket = net.connect(options)
  } catch (error) {
    callbacks.onFailure(errorCode(error))
    return () => {}
  }
  let wire: Wire | undefined
  const onError = (error: unknown) => callbacks.onFailure(errorCode(error))
  socket.once("error", onError)
  socket.once("connect", () => {
    wire = dialledWire(socket, endpoint, streams)
    socket.off("error", onError)
    callbacks.onWire(wire)
  })
  return () => {
    if (wire !== undefined) return wire.destroy()
    socket.on("error", () => {})
    socket.destroy()
  }
}

/** The addresses of a name, in the order of the resolver. */
export const lookup = (host: string, done: (result: ReadonlyArray<string> | { readonly code: string }) => void): void =>
  dns.lookup(host, { all: true, verbatim: true }, (error, addresses) =>
    done(error === null ? addresses.map((entry) => entry.address) : { code: errorCode(error) }),
  )

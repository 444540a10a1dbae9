import * as Socket from "@effect/platform/Socket"
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import { Client, type ClientSettings } from "../client/index.ts"
import type { Connection } from "../connection/index.ts"
import {
  type ConnectError,
  ConnectionClosedError,
  closeReasons,
  type EndpointInput,
  type SettingsError,
} from "../domain/index.ts"
import * as check from "../domain/settings.ts"
import type { Transport } from "../transport/index.ts"

type Opened = Effect.Effect<Connection, ConnectError, Scope.Scope>

const encoder = new TextEncoder()

const failed = (reason: "Open" | "Read" | "Write") => (cause: unknown) =>
  new Socket.SocketGenericError({ reason, cause })

/** Options of a platform socket. */
export interface PlatformSocketOptions {
  /**
   * The maximum number of payloads that the handler of `run` handles at once. `Infinity`: no limit. Default: 1024, and
   * 1 for the sockets of a server.
   *
   * With 1, the handler finishes each payload before it gets the next payload, so back-pressure slows the peer. With
   * more than 1, the handler starts the payloads in order, and a payload does not wait for the effect of an earlier
   * payload. While this many effects run, the socket stops reading. At the end of the connection, `run` ends and
   * interrupts the effects that still run, as the sockets of the platform do.
   *
   * A client of Effect RPC needs more than 1. While a program takes no elements of a stream, the handler does not
   * finish the payload with the next elements. With 1, the replies to other calls in later payloads would wait for it.
   */
  readonly concurrency?: number
  /**
   * Whether `runRaw` passes the payloads to its handler as text, decoded from UTF-8. Default: false, it passes bytes.
   *
   * A character that begins in one payload and ends in the next belongs to the text of the next payload. Set this
   * option for RPC with JSON in lines. Without it, `RpcSerialization.layerNdjson` of \@effect/rpc 0.76 decodes each
   * payload alone, and a character that spans two payloads becomes U+FFFD.
   */
  readonly text?: boolean
}

const defaultConcurrency = 1024

const checks = { concurrency: check.limitOf("payloads") }

/** Fails if an option is invalid. */
export const checkSocketOptions = (
  options: PlatformSocketOptions,
): Effect.Effect<PlatformSocketOptions, SettingsError> =>
  Effect.as(check.checkSettings({ concurrency: options.concurrency ?? defaultConcurrency }, checks), options)

type Handler<E, R> = (payload: Uint8Array) => Effect.Effect<unknown, E, R> | void

/** Marks the failure of a handler, because the handler and the reader can both fail with a `ConnectionClosedError`. */
class HandlerFailure<E> {
  constructor(readonly error: E) {}
}

const handleOneByOne = <E, R>(connection: Connection, handler: Handler<E, R>) =>
  connection
    .runForEach((payload) => {
      const result = handler(payload)
      return Effect.isEffect(result)
        ? Effect.mapError(Effect.asVoid(result), (error) => new HandlerFailure(error))
        : Effect.void
    })
    .pipe(Effect.mapError((error) => (error instanceof HandlerFailure ? error.error : failed("Read")(error))))

const handleAtOnce = <E, R>(connection: Connection, handler: Handler<E, R>, concurrency: number) =>
  Effect.gen(function* () {
    const effects = yield* FiberSet.make<unknown, E>()
    const start = yield* FiberSet.runtime(effects)<R>()
    const room = Effect.unsafeMakeLatch(true)
    let running = 0
    const handled = connection.runForEach((payload) => {
      const result = handler(payload)
      if (!Effect.isEffect(result)) return Effect.void
      running++
      start(result).addObserver(() => {
        running--
        room.unsafeOpen()
      })
      if (running < concurrency) return Effect.void
      room.unsafeClose()
      return room.await
    })
    return yield* Effect.raceFirst(Effect.mapError(handled, failed("Read")), FiberSet.join(effects))
  }).pipe(Effect.scoped)

/** Makes a platform socket. Each `run` opens a connection. Writes wait until a connection is open. */
const make = (
  open: Opened,
  { concurrency = defaultConcurrency, text = false }: PlatformSocketOptions,
): Socket.Socket => {
  let current: Connection | undefined
  const opened = Effect.unsafeMakeLatch(false)

  const run = <_, E = never, R = never>(
    handler: (payload: Uint8Array) => Effect.Effect<_, E, R> | void,
    options?: { readonly onOpen?: Effect.Effect<void> | undefined },
  ): Effect.Effect<void, Socket.SocketError | E, R> =>
    Effect.gen(function* () {
      const connection = yield* Effect.mapError(open, failed("Open"))
      current = connection
      yield* opened.open
      if (options?.onOpen !== undefined) yield* options.onOpen
      yield* concurrency === 1 ? handleOneByOne(connection, handler) : handleAtOnce(connection, handler, concurrency)
    }).pipe(
      Effect.scoped,
      Effect.ensuring(
        Effect.suspend(() => {
          current = undefined
          return opened.close
        }),
      ),
    )

  const connection = opened.whenOpen(
    Effect.suspend(() =>
      current === undefined
        ? Effect.fail(failed("Write")(new ConnectionClosedError({ reason: closeReasons.localClosed })))
        : Effect.succeed(current),
    ),
  )

  const write = (chunk: Uint8Array | string | Socket.CloseEvent) =>
    Effect.flatMap(connection, (open) => {
      if (Socket.isCloseEvent(chunk)) return chunk.code > 1000 ? open.reset : open.close
      const payload = typeof chunk === "string" ? encoder.encode(chunk) : chunk
      return Effect.mapError(open.send(payload), failed("Write"))
    })

  return Socket.Socket.of({
    [Socket.TypeId]: Socket.TypeId,
    run,
    runRaw: (handler, options) => {
      if (!text) return run(handler, options)
      const decoder = new TextDecoder()
      return run((payload) => handler(decoder.decode(payload, { stream: true })), options)
    },
    writer: Effect.acquireRelease(Effect.succeed(write), () => Effect.suspend(() => current?.halfClose ?? Effect.void)),
  })
}

/**
 * Makes a platform socket from an open connection. The socket supports one `run`. Throws `SettingsError` when
 * `concurrency` is invalid.
 */
export const fromConnection = (connection: Connection, options: PlatformSocketOptions = {}): Socket.Socket => {
  check.checkOrThrow({ concurrency: options.concurrency ?? defaultConcurrency }, checks)
  return make(Effect.succeed(connection), options)
}

/** Makes a platform socket that connects to an endpoint. Each `run` opens a new connection. */
export const makeSocket = (
  endpoint: EndpointInput,
  settings?: Partial<ClientSettings>,
  options: PlatformSocketOptions = {},
): Effect.Effect<Socket.Socket, SettingsError, Scope.Scope | Transport> =>
  Effect.zipWith(Client.make(settings), checkSocketOptions(options), (client) =>
    make(client.connect(endpoint), options),
  )

/** {@link makeSocket} as the platform's `Socket` service, for programs with Effect RPC or Effect Cluster. */
export const layerSocket = (
  endpoint: EndpointInput,
  settings?: Partial<ClientSettings>,
  options?: PlatformSocketOptions,
): Layer.Layer<Socket.Socket, SettingsError, Transport> =>
  Layer.scoped(Socket.Socket, makeSocket(endpoint, settings, options))

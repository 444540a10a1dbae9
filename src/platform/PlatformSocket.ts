import * as Socket from "@effect/platform/Socket"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { Client, type ClientSettings } from "../client/index.ts"
import type { Connection } from "../connection/index.ts"
import {
  type ConnectError,
  ConnectionClosedError,
  closeReasons,
  type EndpointInput,
  type SettingsError,
} from "../domain/index.ts"
import type { Transport } from "../transport/index.ts"

type Opened = Effect.Effect<Connection, ConnectError, Scope.Scope>

const encoder = new TextEncoder()

const failed = (reason: "Open" | "Read" | "Write") => (cause: unknown) =>
  new Socket.SocketGenericError({ reason, cause })

/**
 * Makes a platform socket. Each `run` opens a connection and calls the handler with one payload at a time, in order.
 * While the handler runs, back-pressure slows the peer. Writes wait until a connection is open.
 */
const make = (open: Opened): Socket.Socket => {
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
      yield* Stream.runForEach(Stream.mapError(connection.frames, failed("Read")), (payload) => {
        const result = handler(payload)
        return Effect.isEffect(result) ? result : Effect.void
      })
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
    // Payloads are always bytes, so `run` and `runRaw` are the same.
    run,
    runRaw: run,
    writer: Effect.acquireRelease(Effect.succeed(write), () => Effect.suspend(() => current?.halfClose ?? Effect.void)),
  })
}

/** Makes a platform socket of an open connection. The socket supports one `run`. */
export const fromConnection = (connection: Connection): Socket.Socket => make(Effect.succeed(connection))

/** Makes a platform socket that connects to an endpoint. Each `run` opens a new connection. */
export const makeSocket = (
  endpoint: EndpointInput,
  settings?: Partial<ClientSettings>,
): Effect.Effect<Socket.Socket, SettingsError, Scope.Scope | Transport> =>
  Effect.map(Client.make(settings), (client) => make(client.connect(endpoint)))

/** {@link makeSocket} as the platform's `Socket` service, for programs with Effect RPC or Effect Cluster. */
export const layerSocket = (
  endpoint: EndpointInput,
  settings?: Partial<ClientSettings>,
): Layer.Layer<Socket.Socket, SettingsError, Transport> => Layer.scoped(Socket.Socket, makeSocket(endpoint, settings))

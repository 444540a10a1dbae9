import type { IncomingMessage } from "node:http"
import type { Duplex } from "node:stream"
import type { FromClientEncoded, FromServerEncoded } from "@effect/rpc/RpcMessage"
import * as RpcSerialization from "@effect/rpc/RpcSerialization"
import * as RpcServer from "@effect/rpc/RpcServer"
import * as Cause from "effect/Cause"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Mailbox from "effect/Mailbox"
import * as Option from "effect/Option"
import * as Runtime from "effect/Runtime"
import type * as Scope from "effect/Scope"
import { type RawData, type WebSocket, WebSocketServer } from "ws"

/** Bounds on what pages cost the server. */
export interface RpcSocketLimits {
  /** Pages at once. Default 32. A further one is refused with 503. */
  readonly pages: number
  /** Length of one message of a page, bytes. Default 16 MiB. The socket of a longer one is closed (code 1009). */
  readonly messageBytes: number
  /** Calls of one page that are not answered yet, streams included. Default 1024. The socket is closed above that (1008). */
  readonly calls: number
  /**
   * What may be queued for one page when another message is to go, bytes. Default 4 MiB. The socket is cut above that: the
   * page connects again and reads what it missed.
   */
  readonly queuedBytes: number
  /** A page from which nothing has come for so long, not even an answer to a ping, is given up. Default 2 minutes. */
  readonly silence: Duration.Duration
}

export const defaultRpcSocketLimits: RpcSocketLimits = {
  pages: 32,
  messageBytes: 16 * 1024 * 1024,
  calls: 1024,
  queuedBytes: 4 * 1024 * 1024,
  silence: Duration.minutes(2),
}

/** The WebSockets of the pages, as a protocol of `@effect/rpc`. */
export interface RpcSockets {
  readonly protocol: RpcServer.Protocol["Type"]
  /** Takes over the socket of an upgrade request that the guard has let pass. */
  readonly accept: (request: IncomingMessage, socket: Duplex, head: Buffer) => void
  /** Whether another page may come. */
  readonly hasRoom: () => boolean
  /** Says goodbye to all pages (1001), and cuts the sockets of those that do not answer. */
  readonly close: Effect.Effect<void>
}

interface Page {
  readonly socket: WebSocket
  readonly calls: Set<string>
  /** Milliseconds of a clock that nobody sets: a machine whose date is corrected cuts no page. */
  lastHeard: number
}

const closeCode = { goingAway: 1001, malformed: 1007, policy: 1008, tooBig: 1009 } as const

// How long pages may take to answer a goodbye.
const goodbye = Duration.millis(300)

const isMessage = (value: unknown): value is FromClientEncoded =>
  typeof value === "object" && value !== null && "_tag" in value && typeof value._tag === "string"

/**
 * The platform's own WebSocket protocol (`makeProtocolWithHttpAppWebsocket`) puts no bound on a message (100 MiB), on calls
 * under way, nor on what is queued for a page that does not read. This one does, and is otherwise the same.
 */
export const makeRpcSockets = (
  limits: RpcSocketLimits,
): Effect.Effect<RpcSockets, never, RpcSerialization.RpcSerialization | Scope.Scope> =>
  Effect.gen(function* () {
    const serialization = yield* RpcSerialization.RpcSerialization
    const disconnects = yield* Mailbox.make<number>()
    const runtime = yield* Effect.runtime<never>()
    const runFork = Runtime.runFork(runtime)
    const pages = new Map<number, Page>()
    const server = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      maxPayload: limits.messageBytes,
      perMessageDeflate: false,
    })
    // Errors of a handshake are answered by the server itself.
    server.on("wsClientError", (_error, socket) => void socket.destroy())
    let nextId = 0
    let writeRequest: (clientId: number, message: FromClientEncoded) => Effect.Effect<void> = () => Effect.void

    const send = (id: number, response: FromServerEncoded): void => {
      const page = pages.get(id)
      if (page === undefined) return
      if (response._tag === "Exit") page.calls.delete(response.requestId)
      if (page.socket.bufferedAmount > limits.queuedBytes) {
        page.socket.terminate()
        return
      }
      const encoded = serialization.unsafeMake().encode(response)
      if (encoded !== undefined) page.socket.send(encoded)
    }

    const take = (id: number, page: Page, message: unknown): void => {
      if (!isMessage(message)) {
        page.socket.close(closeCode.malformed, "no message")
        return
      }
      if (message._tag === "Request") {
        if (page.calls.size >= limits.calls) {
          page.socket.close(closeCode.policy, "too many calls at once")
          return
        }
        page.calls.add(String(message.id))
      }
      // A message with a malformed number in it throws; that ends this page and no other.
      const written = Effect.catchAllCause(
        Effect.suspend(() => writeRequest(id, message)),
        (cause) =>
          Effect.sync(() => {
            if (!Cause.isInterruptedOnly(cause)) page.socket.close(closeCode.malformed, "malformed message")
          }),
      )
      runFork(written)
    }

    const onSocket = (socket: WebSocket): void => {
      const id = nextId
      nextId += 1
      const page: Page = { socket, calls: new Set(), lastHeard: performance.now() }
      pages.set(id, page)
      const parser = serialization.unsafeMake()
      const heard = () => {
        page.lastHeard = performance.now()
      }
      socket.on("pong", heard)
      socket.on("ping", heard)
      socket.on("message", (data: RawData) => {
        heard()
        // What comes after a close was begun is not taken any more.
        if (socket.readyState !== socket.OPEN) return
        let messages: ReadonlyArray<unknown>
        try {
          messages = parser.decode(textOf(data))
        } catch (error) {
          const isTooBig = error instanceof RpcSerialization.RpcSerializationError
          return socket.close(isTooBig ? closeCode.tooBig : closeCode.malformed, "the message cannot be read")
        }
        for (const message of messages) take(id, page, message)
      })
      // A "close" follows each error.
      socket.on("error", () => {})
      socket.on("close", () => {
        pages.delete(id)
        disconnects.unsafeOffer(id)
      })
    }

    const protocol = yield* RpcServer.Protocol.make((write) => {
      writeRequest = write
      return Effect.succeed({
        disconnects,
        send: (clientId: number, response: FromServerEncoded) => Effect.sync(() => send(clientId, response)),
        end: () => Effect.void,
        clientIds: Effect.sync(() => new Set(pages.keys())),
        initialMessage: Effect.succeed(Option.none()),
        supportsAck: true,
        supportsTransferables: false,
        supportsSpanPropagation: false,
      })
    })

    const cutSilent = Effect.sync(() => {
      const now = performance.now()
      for (const { lastHeard, socket } of pages.values()) {
        if (now - lastHeard > Duration.toMillis(limits.silence)) socket.terminate()
        else if (socket.readyState === socket.OPEN) socket.ping()
      }
    })
    yield* Effect.forkScoped(Effect.forever(Effect.delay(cutSilent, Duration.times(limits.silence, 0.25))))

    const allClosed: Effect.Effect<void> = Effect.forEach(
      [...pages.values()],
      ({ socket }) =>
        Effect.async<void>((resume) => {
          const done = () => resume(Effect.void)
          if (socket.readyState === socket.CLOSED) return done()
          socket.once("close", done)
          return Effect.sync(() => void socket.off("close", done))
        }),
      { concurrency: "unbounded", discard: true },
    )

    return {
      protocol,
      accept: (request, socket, head) => server.handleUpgrade(request, socket, head, onSocket),
      hasRoom: () => pages.size < limits.pages,
      close: Effect.gen(function* () {
        for (const { socket } of pages.values()) socket.close(closeCode.goingAway, "tcpfx ends")
        yield* Effect.timeoutOption(Effect.interruptible(Effect.suspend(() => allClosed)), goodbye)
        for (const { socket } of pages.values()) socket.terminate()
      }),
    }
  })

const textOf = (data: RawData): string => {
  if (Array.isArray(data)) return Buffer.concat(data).toString("utf8")
  return (data instanceof ArrayBuffer ? Buffer.from(data) : data).toString("utf8")
}

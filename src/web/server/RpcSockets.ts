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
import { finishWithin } from "./finishWithin.ts"

/** Limits on the resources that pages can use. */
export interface RpcSocketLimits {
  /** The maximum number of open pages. The server refuses further pages with 503. Default 32. */
  readonly pages: number
  /** The maximum length of one message of a page, bytes. A longer message closes the WebSocket (code 1009). Default 16 MiB. */
  readonly messageBytes: number
  /** The maximum number of unanswered calls and streams of one page. A further call closes the WebSocket (code 1008). Default 1024. */
  readonly calls: number
  /**
   * The maximum number of bytes that may be queued for one page when the server sends the next message. Above it, the
   * server destroys the socket; the page then connects again and reads the current state. Default 4 MiB.
   */
  readonly queuedBytes: number
  /**
   * The longest time in which a page may send nothing, not even a pong. After it, the server closes the socket. Default
   * 2 minutes.
   */
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
  /** Accepts the socket of an upgrade request that has passed the guard. */
  readonly accept: (request: IncomingMessage, socket: Duplex, head: Buffer) => void
  /** Whether the limit allows another page. */
  readonly hasRoom: () => boolean
  /** Closes the WebSockets of all pages (code 1001), then destroys the sockets of pages that do not answer. */
  readonly close: Effect.Effect<void>
}

interface Page {
  readonly socket: WebSocket
  readonly calls: Set<string>
  /** Time of the last data, milliseconds of the monotonic clock. A change of the system time closes no socket. */
  lastHeard: number
}

const closeCode = { goingAway: 1001, malformed: 1007, policy: 1008, tooBig: 1009 } as const

// The time in which pages must answer the close frame.
const closeTimeout = Duration.millis(300)

const isMessage = (value: unknown): value is FromClientEncoded =>
  typeof value === "object" && value !== null && "_tag" in value && typeof value._tag === "string"

/**
 * Makes the WebSocket protocol of the calls. The protocol of `@effect/rpc` (`makeProtocolWithHttpAppWebsocket`) allows
 * messages of 100 MiB, and has no limit on unanswered calls or on the queue of a page that does not read. This protocol
 * has these limits, and is otherwise the same.
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
    // After a failed handshake, `ws` leaves it to the listener of this event to destroy the socket.
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
        page.socket.close(closeCode.malformed, "not a message")
        return
      }
      if (message._tag === "Request") {
        if (page.calls.size >= limits.calls) {
          page.socket.close(closeCode.policy, "too many calls at once")
          return
        }
        page.calls.add(String(message.id))
      }
      // `writeRequest` throws if a request id in the message is not a number. The error closes this page only.
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
        // The server ignores messages that arrive after it has begun to close.
        if (socket.readyState !== socket.OPEN) return
        let messages: ReadonlyArray<unknown>
        try {
          messages = parser.decode(textOf(data))
        } catch (error) {
          const isTooBig = error instanceof RpcSerialization.RpcSerializationError
          return socket.close(isTooBig ? closeCode.tooBig : closeCode.malformed, "the message cannot be parsed")
        }
        for (const message of messages) take(id, page, message)
      })
      // Node emits "close" after each error.
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
        yield* finishWithin(
          Effect.suspend(() => allClosed),
          closeTimeout,
        )
        for (const { socket } of pages.values()) socket.terminate()
      }),
    }
  })

const textOf = (data: RawData): string => {
  if (Array.isArray(data)) return Buffer.concat(data).toString("utf8")
  return (data instanceof ArrayBuffer ? Buffer.from(data) : data).toString("utf8")
}

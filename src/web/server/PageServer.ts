import { randomBytes } from "node:crypto"
import * as Http from "node:http"
import * as Https from "node:https"
import type { Socket } from "node:net"
import type { Duplex } from "node:stream"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as NodeHttpServerRequest from "@effect/platform-node/NodeHttpServerRequest"
import * as RpcSerialization from "@effect/rpc/RpcSerialization"
import * as Data from "effect/Data"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import { bracketed } from "../../domain/hostText.ts"
import { loginPath, openPath, returnPath, returnScript, rpcPath, savePath, tokenParameter } from "../api/access.ts"
import { type Assets, formOf } from "./Assets.ts"
import { serveCalls } from "./calls.ts"
import { makeCodes } from "./codes.ts"
import { type GuardOptions, type GuardProblem, guard, type Purpose, type RequestFacts } from "./Guard.ts"
import type { HandlerServices } from "./handlers.ts"
import { keptForEver, notKept, safetyHeaders } from "./headers.ts"
import { makeLogin } from "./login.ts"
import { type RefusalProblem, refusalPage } from "./pages.ts"
import { defaultRpcSocketLimits, makeRpcSockets, type RpcSocketLimits } from "./RpcSockets.ts"
import { saveLog } from "./save.ts"

/** Options of {@link makePageServer}. */
export interface PageServerOptions {
  /** Address or name to listen on. */
  readonly host: string
  /** 0: a free one. */
  readonly port: number
  /** Further names under which browsers know this server, in lower case. */
  readonly hosts?: ReadonlyArray<string>
  /** Default: 160 random bits. */
  readonly token?: string
  /** A password that buys the token. Default: none. */
  readonly password?: Redacted.Redacted | undefined
  /** How long a wrong password takes. Default half a second. */
  readonly passwordDelay?: Duration.DurationInput
  /** How long a peer may take to send a request, or to complete its TLS handshake. Default 10 s. Then it is closed. */
  readonly requestTimeout?: Duration.DurationInput
  /** Certificate chain and key (PEM). Default: no TLS. */
  readonly tls?: { readonly cert: string; readonly key: Redacted.Redacted } | undefined
  readonly assets: Assets
  readonly services: HandlerServices
  readonly limits?: Partial<RpcSocketLimits>
}

/** A page's server that runs. */
export interface PageServer {
  readonly host: string
  readonly port: number
  readonly token: string
  /** `http://127.0.0.1:8080` */
  readonly origin: string
  /** The whole address, with the token. */
  readonly address: string
  /** The same under another name or address of this machine. */
  readonly addressAt: (host: string) => string
  /**
   * An address that is good for one time and one minute. It starts a browser: other users of this machine can read the
   * arguments of a program, and the token must not stand there.
   */
  readonly addressForOnce: (host: string) => Effect.Effect<string>
}

/** The page's server cannot listen. */
export class PageListenError extends Data.TaggedError("PageListenError")<{
  readonly host: string
  readonly port: number
  readonly code: string
}> {}

const mostConnections = 256

const listen = (server: Http.Server, host: string, port: number) =>
  Effect.async<{ readonly address: string; readonly port: number }, PageListenError>((resume) => {
    const onError = (error: NodeJS.ErrnoException) =>
      resume(Effect.fail(new PageListenError({ host, port, code: error.code ?? error.message })))
    server.once("error", onError)
    server.listen({ host, port }, () => {
      server.off("error", onError)
      const address = server.address()
      resume(
        typeof address === "object" && address !== null
          ? Effect.succeed(address)
          : Effect.dieMessage("the page's server has no address"),
      )
    })
  })

const factsOf = (request: Http.IncomingMessage): RequestFacts & { readonly url: URL } => {
  const { host, origin, "sec-fetch-site": site } = request.headers
  const url = URL.canParse(request.url ?? "/", "http://x")
    ? new URL(request.url ?? "/", "http://x")
    : new URL("http://x/")
  return {
    host,
    origin: typeof origin === "string" ? origin : undefined,
    site: typeof site === "string" ? site : undefined,
    token: url.searchParams.get(tokenParameter) ?? undefined,
    url,
  }
}

/**
 * A server that does not listen yet. Its end destroys every socket: `closeAllConnections` leaves out those that were upgraded,
 * and those in a TLS handshake, and a peer that keeps one of them open would keep the server from ending.
 */
const httpServer = (
  tls: PageServerOptions["tls"],
  requestTimeout: Duration.DurationInput,
): Effect.Effect<Http.Server, never, Scope.Scope> =>
  Effect.suspend(() => {
    const open = new Set<Socket>()
    return Effect.acquireRelease(
      Effect.sync(() => {
        // Without the token a peer holds one of the few connections for this time at most.
        const millis = Duration.toMillis(requestTimeout)
        const times = {
          headersTimeout: millis,
          requestTimeout: millis,
          connectionsCheckingInterval: Math.ceil(millis / 4),
        }
        const made =
          tls === undefined
            ? Http.createServer(times)
            : Https.createServer({
                ...times,
                handshakeTimeout: millis,
                cert: tls.cert,
                key: Redacted.value(tls.key),
              })
        return made.on("connection", (socket) => {
          open.add(socket)
          socket.on("close", () => open.delete(socket))
        })
      }),
      (made) =>
        Effect.async<void>((resume) => {
          made.close(() => resume(Effect.void))
          for (const socket of open) socket.destroy()
        }),
    )
  })

/**
 * A page for a browser that may not have the page. A browser with the policy "no-referrer" names no origin with a form, and
 * the form of the password is checked for its origin.
 */
const refusal = (status: number, problem: RefusalProblem, hasPassword: boolean) =>
  HttpServerResponse.text(refusalPage(problem, { hasPassword }), {
    status,
    headers: { ...safetyHeaders, ...notKept, ...(hasPassword ? { "referrer-policy": "same-origin" } : {}) },
    contentType: "text/html; charset=utf-8",
  })

const plain = (status: number, text: string, headers: Readonly<Record<string, string>> = {}) =>
  HttpServerResponse.text(text, { status, headers: { ...safetyHeaders, ...notKept, ...headers } })

/** Answers an upgrade request that is refused; there is no response object for it. */
const refuseUpgrade = (socket: Duplex, status: number, reason: string): void => {
  const body = `${reason}\n`
  // The socket is not the HTTP server's any more, which would have closed it.
  socket.end(
    `HTTP/1.1 ${status} ${Http.STATUS_CODES[status] ?? ""}\r\nconnection: close\r\ncontent-type: text/plain\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    () => socket.destroy(),
  )
}

/**
 * Serves the page, its calls and its downloads until the scope closes; then it says goodbye to the pages and ends the calls
 * under way.
 */
export const makePageServer = (options: PageServerOptions): Effect.Effect<PageServer, PageListenError, Scope.Scope> =>
  Effect.gen(function* () {
    const { assets, host, password, services, tls } = options
    const token = options.token ?? randomBytes(20).toString("base64url")
    const scheme = tls === undefined ? "http" : "https"
    const guardOptions: GuardOptions = {
      token,
      scheme,
      hosts: new Set([host.toLowerCase(), ...(options.hosts ?? [])]),
    }
    const check = guard(guardOptions)
    const limits = { ...defaultRpcSocketLimits, ...options.limits }
    const codes = makeCodes()
    const login = password === undefined ? undefined : yield* makeLogin(password, options.passwordDelay)

    const server = yield* httpServer(tls, options.requestTimeout ?? "10 seconds")
    server.maxConnections = mostConnections
    // A socket that was reset in the middle of a request or of a handshake.
    server.on("clientError", (_error, socket) => void socket.destroy())

    const sockets = yield* makeRpcSockets(limits).pipe(
      Effect.provideService(
        RpcSerialization.RpcSerialization,
        RpcSerialization.makeNdjson({ maxBufferSize: limits.messageBytes }),
      ),
    )
    yield* Effect.addFinalizer(() => sockets.close)
    yield* serveCalls(sockets.protocol, services)

    const refused = (problem: GuardProblem) => refusal(403, problem, password !== undefined)

    const asset = (path: string, request: HttpServerRequest.HttpServerRequest) => {
      const found = assets.get(path)
      if (found === undefined) return plain(404, "There is no such file.\n")
      const { body, headers } = formOf(found, request.headers["accept-encoding"])
      return HttpServerResponse.uint8Array(body, {
        headers: { ...safetyHeaders, ...(found.hashed ? keptForEver : notKept), ...headers },
        contentType: found.contentType,
      })
    }

    const toPage = HttpServerResponse.redirect(`/?${tokenParameter}=${token}`, {
      status: 303,
      headers: { ...safetyHeaders, ...notKept },
    })

    const purposeOf = (path: string): Purpose => {
      if (path === savePath) return "download"
      if (path === loginPath) return "login"
      return path === "/" || path === "/index.html" ? "page" : "asset"
    }

    const answer = Effect.gen(function* () {
      const request = yield* HttpServerRequest.HttpServerRequest
      const source = NodeHttpServerRequest.toIncomingMessage(request)
      const { url, ...facts } = factsOf(source)
      const path = url.pathname
      const problem = check(purposeOf(path), facts)
      if (problem !== undefined) return refused(problem)
      if (path === loginPath && login !== undefined && request.method === "POST") {
        const result = yield* login
        if (result === "right") return toPage
        return result === "busy" ? refusal(429, "busy", true) : refusal(403, "password", true)
      }
      if (request.method !== "GET" && request.method !== "HEAD") {
        return plain(405, "Only GET and HEAD are answered here.\n", { allow: "GET, HEAD" })
      }
      if (path === "/") return asset("/index.html", request)
      if (path === openPath) return codes.take(url.searchParams.get("code")) ? toPage : refused("token")
      if (path === returnPath) {
        return HttpServerResponse.text(returnScript, {
          headers: { ...safetyHeaders, ...notKept },
          contentType: "text/javascript; charset=utf-8",
        })
      }
      // Browsers ask for it by themselves beside every page that names no icon.
      if (path === "/favicon.ico") return HttpServerResponse.empty({ headers: safetyHeaders })
      if (path === savePath) return yield* saveLog(services.workspace, url.searchParams)
      if (path === rpcPath) return plain(426, "This path is a WebSocket.\n", { upgrade: "websocket" })
      return asset(path, request)
    })

    server.on("request", yield* NodeHttpServer.makeHandler(answer))
    server.on("upgrade", (request: Http.IncomingMessage, socket: Socket, head: Buffer) => {
      // A socket that is reset before it is a WebSocket.
      socket.on("error", () => {})
      const { url, ...facts } = factsOf(request)
      const problem = check("socket", facts)
      if (problem !== undefined) return refuseUpgrade(socket, 403, `refused: ${problem}`)
      if (url.pathname !== rpcPath) return refuseUpgrade(socket, 404, "no such path")
      if (!sockets.hasRoom()) return refuseUpgrade(socket, 503, "too many pages")
      sockets.accept(request, socket, head)
    })

    const bound = yield* listen(server, host, options.port)
    const originAt = (name: string) => `${scheme}://${bracketed(name)}:${bound.port}`
    const addressAt = (name: string) => `${originAt(name)}/?${tokenParameter}=${token}`
    return {
      host,
      port: bound.port,
      token,
      origin: originAt(host),
      address: addressAt(host),
      addressAt,
      addressForOnce: (name) => Effect.sync(() => `${originAt(name)}${openPath}?code=${codes.make()}`),
    }
  })

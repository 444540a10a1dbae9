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
  /** The address or name to listen on. */
  readonly host: string
  /** The port to listen on; 0 chooses a free port. */
  readonly port: number
  /** Further names that browsers may use for this server, in lower case. */
  readonly hosts?: ReadonlyArray<string>
  /** Default: 160 random bits. */
  readonly token?: string
  /** The password for which a browser gets the token. Default: none. */
  readonly password?: Redacted.Redacted | undefined
  /** The delay before the answer to a wrong password. Default: half a second. */
  readonly passwordDelay?: Duration.DurationInput
  /**
   * The time that a peer has to send a request or to complete its TLS handshake. The server then closes the socket.
   * Default: 10 s.
   */
  readonly requestTimeout?: Duration.DurationInput
  /** The certificate chain and its key (PEM). Default: no TLS. */
  readonly tls?: { readonly cert: string; readonly key: Redacted.Redacted } | undefined
  readonly assets: Assets
  readonly services: HandlerServices
  readonly limits?: Partial<RpcSocketLimits>
}

/** A running server of the page. */
export interface PageServer {
  readonly host: string
  readonly port: number
  readonly token: string
  /** `http://127.0.0.1:8080` */
  readonly origin: string
  /** The address with the token. */
  readonly address: string
  /** The address with the token, for another name or address of this machine. */
  readonly addressAt: (host: string) => string
  /**
   * Makes an address that is valid once and for one minute. The command that starts a browser uses it: other users of this
   * machine can read the arguments of a process, so the token must not be among them.
   */
  readonly addressForOnce: (host: string) => Effect.Effect<string>
}

/** The server of the page cannot listen. */
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
          : Effect.dieMessage("the server of the page has no address"),
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
 * Makes a server that does not listen yet. The end of the scope destroys every socket. `closeAllConnections` skips upgraded
 * sockets and sockets in a TLS handshake, so a peer could keep one of these open and prevent the end of the server.
 */
const httpServer = (
  tls: PageServerOptions["tls"],
  requestTimeout: Duration.DurationInput,
): Effect.Effect<Http.Server, never, Scope.Scope> =>
  Effect.suspend(() => {
    const open = new Set<Socket>()
    return Effect.acquireRelease(
      Effect.sync(() => {
        // These timeouts limit the time for which a peer without the token can occupy one of the few connections.
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
 * A refusal page. The guard checks the origin of the password form, but a browser with the policy "no-referrer" posts a
 * form without an origin. So a page with the form has the policy "same-origin".
 */
const refusal = (status: number, problem: RefusalProblem, hasPassword: boolean) =>
  HttpServerResponse.text(refusalPage(problem, { hasPassword }), {
    status,
    headers: { ...safetyHeaders, ...notKept, ...(hasPassword ? { "referrer-policy": "same-origin" } : {}) },
    contentType: "text/html; charset=utf-8",
  })

const plain = (status: number, text: string, headers: Readonly<Record<string, string>> = {}) =>
  HttpServerResponse.text(text, { status, headers: { ...safetyHeaders, ...notKept, ...headers } })

/** Refuses an upgrade request. Node makes no response object for an upgrade, so the answer is written to the socket. */
const refuseUpgrade = (socket: Duplex, status: number, reason: string): void => {
  const body = `${reason}\n`
  // The HTTP server no longer owns the socket, so it does not close it.
  socket.end(
    `HTTP/1.1 ${status} ${Http.STATUS_CODES[status] ?? ""}\r\nconnection: close\r\ncontent-type: text/plain\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    () => socket.destroy(),
  )
}

/**
 * Serves the page, its calls and its downloads until the scope closes. Then it closes the WebSockets of the pages and
 * interrupts the calls in progress.
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
    // Node emits "clientError" after a malformed request, a timeout, a reset or a failed TLS handshake. Its listener
    // must close the socket.
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
        return plain(405, "This path accepts only GET and HEAD.\n", { allow: "GET, HEAD" })
      }
      if (path === "/") return asset("/index.html", request)
      if (path === openPath) return codes.take(url.searchParams.get("code")) ? toPage : refused("token")
      if (path === returnPath) {
        return HttpServerResponse.text(returnScript, {
          headers: { ...safetyHeaders, ...notKept },
          contentType: "text/javascript; charset=utf-8",
        })
      }
      // Browsers request this path for every page that has no icon.
      if (path === "/favicon.ico") return HttpServerResponse.empty({ headers: safetyHeaders })
      if (path === savePath) return yield* saveLog(services.workspace, url.searchParams)
      if (path === rpcPath) return plain(426, "This path is a WebSocket.\n", { upgrade: "websocket" })
      return asset(path, request)
    })

    server.on("request", yield* NodeHttpServer.makeHandler(answer))
    server.on("upgrade", (request: Http.IncomingMessage, socket: Socket, head: Buffer) => {
      // Without a listener, a reset before the WebSocket handshake would end the process.
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

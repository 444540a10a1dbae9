import * as Socket from "@effect/platform/Socket"
import * as RpcClient from "@effect/rpc/RpcClient"
import * as RpcSerialization from "@effect/rpc/RpcSerialization"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import { WebSocket } from "ws"
import { Workspace, type WorkspaceService } from "../../../src/assistant/index.ts"
import { Assistant as Domain } from "../../../src/domain/index.ts"
import { Api } from "../../../src/web/api/Api.ts"
import { rpcUrl } from "../../../src/web/api/access.ts"
import type { Assets } from "../../../src/web/server/Assets.ts"
import type { HandlerServices } from "../../../src/web/server/handlers.ts"
import { makePageServer, type PageServer, type PageServerOptions } from "../../../src/web/server/PageServer.ts"
import type { PayloadHistory } from "../../../src/web/server/PayloadHistory.ts"
import { makeStandIn, type StandIn, type StandInOptions } from "./standIn.ts"

const file = (contentType: string, text: string, hashed: boolean) => ({
  contentType,
  plain: Buffer.from(text),
  gzip: undefined,
  brotli: Buffer.from(`br of ${text}`),
  hashed,
})

/** The files of a stand-in for the page. */
export const someAssets: Assets = new Map([
  ["/index.html", file("text/html; charset=utf-8", "<!doctype html><title>page</title>", false)],
  ["/assets/index-1a2b.js", file("text/javascript; charset=utf-8", "let page", true)],
])

/** A server of the page with a workspace of stand-ins. */
export interface PageWorld {
  readonly server: PageServer
  readonly workspace: WorkspaceService
  /** The stand-ins of the opened tabs, in order. */
  readonly standIns: ReadonlyArray<StandIn>
}

/** Options of {@link makePageWorld}. */
export interface PageWorldOptions extends StandInOptions {
  readonly limits?: PageServerOptions["limits"]
  readonly password?: Redacted.Redacted
  /** The delay before the answer to a wrong password. Default 5 ms. */
  readonly passwordDelay?: Duration.DurationInput
  readonly hosts?: ReadonlyArray<string>
  readonly tls?: PageServerOptions["tls"]
  readonly requestTimeout?: Duration.DurationInput
  readonly services?: Partial<HandlerServices>
  /** Default {@link someAssets}. */
  readonly assets?: Assets
}

const memoryHistory = (): PayloadHistory => {
  const entries: Array<Domain.PayloadSpec> = []
  return {
    entries: Effect.sync(() => [...entries]),
    add: (payload) => Effect.sync(() => void entries.unshift(payload)),
  }
}

const noFile = new Domain.Refusal({ reason: "file", message: "there is no project file" })

export const makePageWorld = (options: PageWorldOptions = {}): Effect.Effect<PageWorld, never, Scope.Scope> =>
  Effect.gen(function* () {
    const standIns: Array<StandIn> = []
    const workspace = yield* Workspace.make({
      maxTabs: 8,
      open: () =>
        Effect.tap(makeStandIn(options), (made) =>
          Effect.sync(() => {
            standIns.push(made)
          }),
        ),
    })
    const server = yield* makePageServer({
      host: "127.0.0.1",
      port: 0,
      assets: options.assets ?? someAssets,
      ...(options.password === undefined
        ? {}
        : { password: options.password, passwordDelay: options.passwordDelay ?? "5 millis" }),
      tls: options.tls,
      ...(options.requestTimeout === undefined ? {} : { requestTimeout: options.requestTimeout }),
      ...(options.hosts === undefined ? {} : { hosts: options.hosts }),
      ...(options.limits === undefined ? {} : { limits: options.limits }),
      services: {
        workspace,
        version: "0.0.0",
        attachedTo: "ui",
        history: memoryHistory(),
        project: { read: noFile, save: () => noFile },
        ...options.services,
      },
    }).pipe(Effect.orDie)
    return { server, workspace, standIns }
  })

/** The calls of a page, over the WebSocket of a browser whose page has the origin `origin`. */
export const connectPage = (server: Pick<PageServer, "origin" | "token">, origin: string = server.origin) =>
  Effect.gen(function* () {
    const openSocket = Layer.succeed(
      Socket.WebSocketConstructor,
      (url) =>
        // `ws` has the parts of the browser's interface that the socket of the platform uses.
        new WebSocket(url, { headers: { origin } }) as unknown as globalThis.WebSocket,
    )
    const protocol = Layer.scoped(
      RpcClient.Protocol,
      RpcClient.makeProtocolSocket({ retryTransientErrors: false }),
    ).pipe(
      Layer.provide(Layer.provide(Socket.layerWebSocket(rpcUrl(server.origin, server.token)), openSocket)),
      Layer.provide(RpcSerialization.layerNdjsonWith({ maxBufferSize: 64 * 1024 * 1024 })),
    )
    const context = yield* Layer.build(protocol)
    return yield* Effect.provide(RpcClient.make(Api, { disableTracing: true }), context)
  })

import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import { endpointInputText } from "../../domain/endpointShape.ts"
import {
  type Endpoint,
  endpointProblem,
  formatEndpoint,
  type ListenEndpointInput,
  type ListenEndpointInputs,
  ListenError,
  overlap,
  readListenEndpoint,
  type ServerEvent,
} from "../../domain/index.ts"
import type { EventBus } from "../../runtime/EventBus.ts"
import { inSpan } from "../../runtime/spans.ts"
import type { AcceptHandlers, TransportService } from "../../transport/index.ts"
import type { CheckedServerSettings } from "../ServerConfig.ts"
import type { Listener } from "../ServerState.ts"
import type { ServerCore } from "./ServerCore.ts"

/** The parts of a server that listening uses. */
export interface ListenParts {
  readonly transport: TransportService
  readonly settings: CheckedServerSettings
  readonly core: ServerCore
  readonly bus: EventBus<ServerEvent>
  /** The open listeners, each with its scope. */
  readonly listeners: Map<Scope.CloseableScope, Endpoint>
}

/** `listen` and `listenAll` of a server. */
export const makeListen = ({ bus, core, listeners, settings, transport }: ListenParts) => {
  const { backlog, family, ipv6Only, unixMode } = settings

  /** Adds the conflicting endpoint to an error when this server itself listens on the address. */
  const explained = (error: ListenError): ListenError => {
    const { code, endpoint, reason } = error
    if (typeof endpoint === "string") return error
    const conflict = [...listeners.values()].find((bound) => overlap(bound, endpoint, ipv6Only))
    return reason === "AddressInUse" && conflict !== undefined
      ? new ListenError({ endpoint, reason, code, conflict })
      : error
  }

  // A client can connect before the listening fiber resumes, so the handlers do not depend on that fiber.
  const acceptHandlers = (scope: Scope.CloseableScope): AcceptHandlers => ({
    onListening: (bound) => {
      listeners.set(scope, bound)
      core.reopen()
      bus.emitOwn((seq, at) => ({ seq, at, _tag: "Listening", endpoint: bound }))
    },
    onWire: (wire, bound) => core.accept(wire, bound),
    onFailure: (code, bound) => core.onAcceptFailed(bound, code),
  })

  const listenOn = Effect.fnUntraced(function* (input: ListenEndpointInput) {
    const endpoint = yield* readListenEndpoint(input)
    if (endpointProblem(endpoint) !== undefined) {
      return yield* new ListenError({ endpoint, reason: "InvalidEndpoint", code: "EINVAL" })
    }
    // Nothing would close a listener of a server whose scope has closed, or serve its connections.
    if (core.isOver) return yield* Effect.interrupt
    // The scope is forked, so a listener that is closed on its own leaves no finalizer in the outer scope.
    const scope = yield* Effect.flatMap(Effect.scope, (outer) => Scope.fork(outer, outer.strategy))
    yield* Scope.addFinalizer(
      scope,
      Effect.sync(() => {
        const stopped = listeners.get(scope)
        if (stopped === undefined) return
        listeners.delete(scope)
        bus.emitOwn((seq, at) => ({ seq, at, _tag: "ListenStopped", endpoint: stopped }))
      }),
    )
    const bound = yield* transport
      .listen(endpoint, { backlog, family, ipv6Only, unixMode }, acceptHandlers(scope))
      .pipe(Effect.mapError(explained), Scope.extend(scope))
    return { endpoint: bound }
  })
  const listen = (input: ListenEndpointInput) =>
    inSpan({
      name: "Server.listen",
      attributes: () => ({ endpoint: endpointInputText(input) }),
      onSuccess: ({ endpoint }: Listener) => ({ bound: formatEndpoint(endpoint) }),
    })(listenOn(input))

  const listenOnAll = Effect.fnUntraced(function* (endpoints: ListenEndpointInputs) {
    const own = yield* Effect.flatMap(Effect.scope, (scope) => Scope.fork(scope, scope.strategy))
    return yield* Effect.forEach(endpoints, listen).pipe(
      Scope.extend(own),
      Effect.onError(() => Scope.close(own, Exit.void)),
    )
  })
  const listenAll = (endpoints: ListenEndpointInputs) =>
    inSpan({ name: "Server.listenAll", attributes: () => ({ endpoints: endpoints.map(endpointInputText) }) })(
      listenOnAll(endpoints),
    )

  return { listen, listenAll }
}

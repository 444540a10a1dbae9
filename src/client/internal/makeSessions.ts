import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { attachSide, type Connection } from "../../connection/index.ts"
import type { ClientEvent, EndpointInput, SettingsError } from "../../domain/index.ts"
import type { EventBus } from "../../runtime/EventBus.ts"
import { reconnectDefaults } from "../ClientConfig.ts"
import type { ProtocolSession, ProtocolSessionOptions } from "../ProtocolSession.ts"
import type { Session, SessionOptions } from "../Session.ts"
import { checkEndpoint, checkReconnect, checkSession } from "./checkClientSettings.ts"
import type { Framings } from "./Framings.ts"
import { makeSession, type SessionUse } from "./makeSession.ts"

/** The use of a session without a protocol: it receives payloads. */
const rawUse: SessionUse<Connection, Uint8Array, never> = {
  attach: Effect.succeed,
  receive: (connection) => connection.frames,
}

/** Makes `session` of a client. */
export const makeSessions = ({ frameOf, runsWith, settings }: Framings, bus: EventBus<ClientEvent>) => {
  const partsOf = <C, E, R>(
    endpoint: EndpointInput,
    options: Omit<SessionOptions, "onConnect"> & {
      readonly onConnect?: (connection: C) => Effect.Effect<void, E, R>
    },
    frame = settings.frame,
  ) =>
    Effect.gen(function* () {
      const target = yield* checkEndpoint(endpoint)
      yield* checkSession(options)
      const reconnect = yield* checkReconnect({ ...reconnectDefaults, ...options.reconnect })
      const { maxFrame } = settings
      return { run: runsWith(frame), bus, settings: { frame, maxFrame }, endpoint: target, options, reconnect }
    })

  const rawSession = <E, R>(endpoint: EndpointInput, options: SessionOptions<E, R>) =>
    Effect.gen(function* () {
      const { received, sendPayload, ...base } = yield* makeSession(yield* partsOf(endpoint, options), rawUse)
      return { ...base, frames: received, send: sendPayload }
    })

  const protocolSession = <C, In, Out, RP, E, R, RI>(
    endpoint: EndpointInput,
    options: ProtocolSessionOptions<C, In, Out, RP, E, R, RI>,
  ) =>
    Effect.gen(function* () {
      const { onInvalid, protocol } = options
      const { clientSide } = protocol
      const parts = yield* partsOf(endpoint, options, yield* frameOf(protocol))
      const encode = yield* clientSide.encoder
      const { received, sendPayload, ...base } = yield* makeSession(parts, {
        attach: (connection) => attachSide(clientSide, connection, onInvalid),
        receive: clientSide.messagesOf,
      })
      return {
        ...base,
        messages: received,
        send: (message: Out) =>
          Effect.flatMap(
            Effect.suspend(() => encode(message)),
            sendPayload,
          ),
      }
    })

  function session<C, In, Out, RP, E, R, RI>(
    endpoint: EndpointInput,
    options: ProtocolSessionOptions<C, In, Out, RP, E, R, RI>,
  ): Effect.Effect<ProtocolSession<C, In, Out>, SettingsError, Scope.Scope | RP | Exclude<R | RI, Scope.Scope>>
  function session<E, R>(
    endpoint: EndpointInput,
    options?: SessionOptions<E, R>,
  ): Effect.Effect<Session, SettingsError, Scope.Scope | Exclude<R, Scope.Scope>>
  function session<C, In, Out, RP, E, R, RI>(
    endpoint: EndpointInput,
    options: SessionOptions<E, R> | ProtocolSessionOptions<C, In, Out, RP, E, R, RI> = {},
  ): Effect.Effect<
    Session | ProtocolSession<C, In, Out>,
    SettingsError,
    Scope.Scope | RP | Exclude<R | RI, Scope.Scope>
  > {
    return "protocol" in options ? protocolSession(endpoint, options) : rawSession(endpoint, options)
  }
  return session
}

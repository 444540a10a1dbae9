import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import { type ConnectError, type Endpoint, formatEndpoint } from "../../src/domain/index.ts"
import { Transport, type Wire } from "../../src/transport/index.ts"

/** A dial, and its state. */
export interface DialLog {
  readonly dialled: Array<string>
  readonly open: Set<string>
}

/** Rules that change how the underlying transport dials. */
export interface DialRules {
  /** Hosts that never answer. */
  readonly blackHoles?: ReadonlyArray<string>
  /** Replaces a dial. */
  readonly instead?: (
    endpoint: Endpoint,
    dial: Effect.Effect<Wire, ConnectError, Scope.Scope>,
  ) => Effect.Effect<Wire, ConnectError, Scope.Scope>
}

/** A transport that dials by rules and records each dial. */
export const dialTransport = (rules: DialRules, log: DialLog): Layer.Layer<Transport, never, Transport> =>
  Layer.effect(Transport, wrapped(rules, log))

const wrapped = (rules: DialRules, log: DialLog) =>
  Effect.map(Transport, (beneath) =>
    Transport.of({
      ...beneath,
      dial: (endpoint) => {
        const key = formatEndpoint(endpoint)
        const hole = endpoint._tag === "Tcp" && (rules.blackHoles ?? []).includes(endpoint.host)
        const dial = hole ? Effect.never : beneath.dial(endpoint)
        return Effect.zipRight(
          Effect.acquireRelease(
            Effect.sync(() => {
              log.dialled.push(key)
              log.open.add(key)
            }),
            () => Effect.sync(() => log.open.delete(key)),
          ),
          rules.instead?.(endpoint, dial) ?? dial,
        )
      },
    }),
  )

/** An empty log. */
export const makeDialLog = (): DialLog => ({ dialled: [], open: new Set() })

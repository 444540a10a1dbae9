import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import type * as Scope from "effect/Scope"
import type { ClientService, ReconnectSettings } from "../../client/index.ts"
import type { Connection } from "../../connection/index.ts"
import * as Assistant from "../../domain/assistant/index.ts"
import { type ConnectError, type ConnectionClosedError, formatEndpoint, limits } from "../../domain/index.ts"
import { Tls } from "../../transport/index.ts"
import { loadEncoding } from "../encodings.ts"
import { type Attempt, type AttemptError, causeOf, endOf, type Leaving, leaving } from "./Attempt.ts"
import type { ClientPhases } from "./ClientPhases.ts"
import { forkOwned } from "./forkOwned.ts"
import type { Notice } from "./Notice.ts"
import type { PreparedPayload } from "./Payloads.ts"
import { payloadRefused, readEndpoint, refusal, wrongKind } from "./refusals.ts"
import { done, executeShared } from "./sharedCommands.ts"
import type { WindowParts } from "./WindowParts.ts"

/** Operations and settings of the program that contains a client window. */
export interface ClientHooks {
  readonly converse: (connection: Connection) => Effect.Effect<void, ConnectionClosedError, Scope.Scope>
  /** The TLS of a connection if the command does not mention TLS; `undefined` means no TLS. */
  readonly tls: Tls.Connector | undefined
  readonly tlsOptions: Tls.ConnectorOptions
  /** The settings for reconnecting if the command does not mention it; `undefined` means no reconnecting. */
  readonly reconnect: Partial<ReconnectSettings> | undefined
  readonly leave: Effect.Effect<void> | undefined
  /** Runs when the client is done with a command to connect. */
  readonly onEnd: ((exit: Exit.Exit<void, ConnectError | ConnectionClosedError>) => Effect.Effect<void>) | undefined
}

type Outcome = Effect.Effect<Assistant.Outcome, Assistant.Refusal>

/** Carries out the commands of a client window, and owns its connection. */
export class ClientCommands {
  /** The endpoint of the last `Connect`. */
  endpoint: string | undefined
  readonly coders = { in: Assistant.utf8Coder, out: Assistant.utf8Coder }
  /** Changes when an encoding changes. */
  encodings = 0
  private readonly client: ClientService
  private readonly parts: WindowParts
  private readonly phases: ClientPhases
  private readonly hooks: ClientHooks
  private readonly scope: Scope.Scope
  private attempt: Attempt | undefined

  constructor(made: {
    readonly client: ClientService
    readonly parts: WindowParts
    readonly phases: ClientPhases
    readonly hooks: ClientHooks
    readonly scope: Scope.Scope
  }) {
    this.client = made.client
    this.parts = made.parts
    this.phases = made.phases
    this.hooks = made.hooks
    this.scope = made.scope
  }

  /** The current connection, if there is one. */
  get connection(): Connection | undefined {
    return this.attempt?.connection
  }

  execute(command: Assistant.Command): Outcome {
    const { parts } = this
    switch (command._tag) {
      case "Connect":
        return this.connect(command.endpoint, command.options ?? {})
      case "Disconnect":
        return this.disconnect(command.how ?? "close")
      case "Send":
        return Effect.flatMap(parts.payloads.prepare(command.payload), (payload) => this.send(payload, ""))
      case "Repeat":
        return this.repeat(command)
      case "RunMacro":
        return Effect.gen(this, function* () {
          const macro = yield* parts.macros.find(command.name)
          return yield* this.send(yield* parts.payloads.prepare(macro.payload), macro.name)
        })
      case "Reset":
        return this.disconnect("reset")
      case "HalfClose":
        return Effect.as(
          this.withConnection(({ halfClose }) => halfClose),
          done,
        )
      case "Pause":
        return this.told({ _tag: "ReadingPaused" }, ({ pause }) => pause)
      case "Resume":
        return this.told({ _tag: "ReadingResumed" }, ({ resume }) => resume)
      case "SetEncoding":
        return Effect.map(loadEncoding(command.encoding), (coder) => {
          if (command.direction !== "out") this.coders.in = coder
          if (command.direction !== "in") this.coders.out = coder
          this.encodings++
          parts.touch()
          return done
        })
      case "Drain":
        return Effect.as(
          Effect.zipRight(
            this.attempt === undefined ? Effect.void : Effect.ignore(this.disconnect("close")),
            this.hooks.leave ?? Effect.void,
          ),
          done,
        )
      default:
        return executeShared(parts, command, this.hooks.leave) ?? wrongKind(command, "client")
    }
  }

  /** The bytes of a payload for the server. */
  bytesFor(payload: PreparedPayload, sending?: number) {
    return this.parts.payloads.bytes(payload, { coder: this.coders.out }, sending)
  }

  private connect(text: string, options: Assistant.ConnectOptions): Outcome {
    return Effect.gen(this, function* () {
      if (this.attempt !== undefined) {
        return yield* this.attempt.connection === undefined
          ? refusal("already-connected", "an attempt to connect is already running", { advice: "disconnect first" })
          : refusal("already-connected", `already connected to ${this.endpoint}`, {
              advice: "disconnect first",
            })
      }
      this.endpoint = text
      const endpoint = yield* Effect.tapError(readEndpoint(text), (error) => this.failed(error))
      this.endpoint = formatEndpoint(endpoint)
      const tls = yield* Effect.tapError(this.tlsOf(options), (error) => this.failed(error))
      // Another command may have started an attempt while TLS was prepared.
      if (this.attempt !== undefined) {
        return yield* refusal("already-connected", "an attempt to connect is already running", {
          advice: "disconnect first",
        })
      }
      this.phases.begin()
      this.parts.touch()
      const connected = yield* Deferred.make<Assistant.Outcome, Assistant.Refusal>()
      const wantsReconnect = options.reconnect ?? this.hooks.reconnect !== undefined
      const attempt: Attempt = { fiber: undefined, connected, connection: undefined, isLeaving: false }
      this.attempt = attempt
      const use = (connection: Connection) => this.use(attempt, connection)
      const program: Effect.Effect<void, AttemptError> = wantsReconnect
        ? this.client.run(endpoint, use, { onPeerEnd: "reconnect", ...this.hooks.reconnect }, { tls })
        : Effect.scoped(Effect.flatMap(this.client.connect(endpoint, { tls }), use))
      attempt.fiber = yield* forkOwned(program, (exit) => this.ended(exit, connected), this.scope)
      return yield* Deferred.await(connected)
    })
  }

  /** Serves a connection until it ends. */
  private use(
    attempt: Attempt,
    connection: Connection,
  ): Effect.Effect<void, ConnectionClosedError | Leaving, Scope.Scope> {
    const [local, remote] = [formatEndpoint(connection.local), formatEndpoint(connection.remote)]
    return Effect.acquireUseRelease(
      Effect.sync(() => {
        attempt.connection = connection
        Deferred.unsafeDone(attempt.connected, Effect.succeed({ _tag: "ConnectedTo", remote, local }))
        this.parts.touch()
      }),
      () => Effect.zipRight(this.hooks.converse(connection), Effect.asVoid(connection.closed)),
      () =>
        Effect.sync(() => {
          attempt.connection = undefined
          this.parts.touch()
        }),
    ).pipe(
      Effect.catchAll((error) => Effect.fail(attempt.isLeaving ? leaving : error)),
      Effect.zipRight(Effect.suspend(() => (attempt.isLeaving ? Effect.fail(leaving) : Effect.void))),
    )
  }

  private ended(
    exit: Exit.Exit<void, AttemptError>,
    connected: Deferred.Deferred<Assistant.Outcome, Assistant.Refusal>,
  ): Effect.Effect<void> {
    return Effect.suspend(() => {
      this.attempt = undefined
      this.phases.end()
      this.parts.touch()
      return Effect.zipRight(
        this.hooks.onEnd?.(endOf(exit)) ?? Effect.void,
        Effect.asVoid(Deferred.failCauseSync(connected, () => causeOf(exit))),
      )
    })
  }

  private failed(error: Assistant.Refusal): Effect.Effect<void> {
    return Effect.sync(() => {
      this.phases.fail(error)
      this.parts.touch()
    })
  }

  private disconnect(how: "close" | "reset"): Outcome {
    return Effect.suspend(() => {
      const { attempt } = this
      if (attempt === undefined) return Effect.fail(nothingToEnd)
      attempt.isLeaving = true
      const { connection } = attempt
      const ending =
        connection === undefined
          ? Effect.sync(() => this.parts.say({ _tag: "AttemptsEnded" }))
          : how === "reset"
            ? connection.reset
            : connection.close
      return Effect.as(
        Effect.zipRight(ending, attempt.fiber === undefined ? Effect.void : Fiber.interrupt(attempt.fiber)),
        done,
      )
    })
  }

  private withConnection<A>(use: (connection: Connection) => Effect.Effect<A>): Effect.Effect<A, Assistant.Refusal> {
    return Effect.suspend(() => (this.connection === undefined ? Effect.fail(notConnected) : use(this.connection)))
  }

  private told(notice: Notice, act: (connection: Connection) => Effect.Effect<void>): Outcome {
    return Effect.map(this.withConnection(act), () => {
      this.parts.say(notice)
      return done
    })
  }

  private send(payload: PreparedPayload, by: string): Outcome {
    return Effect.gen(this, function* () {
      const connection = yield* this.withConnection(Effect.succeed<Connection>)
      const waiting = yield* connection.pending
      if (waiting > limits.hubBudgetBytes) {
        return yield* refusal("limit", `the server does not read: ${waiting} bytes are queued for it`, {
          advice: "wait until it reads, or disconnect",
        })
      }
      const bytes = yield* this.bytesFor(payload, this.parts.payloads.nextSending())
      this.parts.senders.set(bytes, by)
      yield* Effect.mapError(connection.sendNow(bytes), (error) =>
        error._tag === "InvalidPayloadError" ? payloadRefused(error) : refusal("not-connected", error.message),
      )
      return { _tag: "SentTo" as const, to: [], bytes: bytes.length, unmatched: [] }
    })
  }

  private repeat(command: Extract<Assistant.Command, { readonly _tag: "Repeat" }>): Outcome {
    return Effect.gen(this, function* () {
      const payload = yield* this.parts.payloads.prepare(command.payload)
      yield* this.bytesFor(payload)
      const repeat = yield* this.parts.repeats.start(command, (number) => this.send(payload, `repeat ${number}`))
      return { _tag: "RepeatStarted" as const, repeat }
    })
  }

  private tlsOf(options: Assistant.ConnectOptions): Effect.Effect<Tls.Connector | undefined, Assistant.Refusal> {
    const { insecure, serverName, tls } = options
    const ownName = serverName === undefined || serverName === "" ? undefined : serverName
    const isAsUsual = insecure !== true && ownName === undefined
    if (tls === false) return Effect.succeed(undefined)
    if (this.hooks.tls !== undefined && isAsUsual) return Effect.succeed(this.hooks.tls)
    if (tls === undefined && this.hooks.tls === undefined) return Effect.succeed(undefined)
    return Effect.mapError(
      Tls.connector({
        ...this.hooks.tlsOptions,
        ...(insecure === undefined ? {} : { verify: !insecure }),
        ...(ownName === undefined ? {} : { serverName: ownName }),
      }),
      ({ message }) => refusal("value", message, { field: "tls" }),
    )
  }
}

// `disconnect` without a connection needs no advice.
const nothingToEnd = refusal("not-connected", "there is no connection")

const notConnected = refusal("not-connected", "there is no connection", { advice: "connect first" })

import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as ExecutionStrategy from "effect/ExecutionStrategy"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as SubscriptionRef from "effect/SubscriptionRef"
import * as Domain from "../domain/assistant/index.ts"
import type { Assistant } from "./Assistant.ts"

/** A window of a workspace, as a tab shows it. */
export interface WorkspaceTab {
  /** The number of the tab: 1, 2, 3 …, never reused. */
  readonly tab: number
  readonly kind: Assistant["kind"]
  /** The endpoints of the listeners, or the endpoint of the last `Connect`. Empty if there is none. */
  readonly title: string
  /** Whether the server listens, or the client is connected. */
  readonly active: boolean
  /** Whether closing the tab ends a listener, a connection, or attempts to connect or listen. */
  readonly busy: boolean
  /** Whether the tab cannot be closed. */
  readonly fixed: boolean
}

/** Options of `attach`. */
export interface AttachOptions {
  /** Whether the tab cannot be closed, because its assistant belongs to another part of the program. Default true. */
  readonly fixed?: boolean
}

/** The service of {@link Workspace}. */
export interface WorkspaceService {
  readonly tabs: Effect.Effect<ReadonlyArray<WorkspaceTab>>
  /** The tabs: the current ones first, then each change. */
  readonly changes: Stream.Stream<ReadonlyArray<WorkspaceTab>>
  /** Opens a window. Its log records frames from the start. Fails if there are `maxTabs` tabs. */
  readonly open: (
    kind: Assistant["kind"],
    settings?: Domain.WindowSettings,
  ) => Effect.Effect<WorkspaceTab, Domain.Refusal>
  /** Closes a window, its listeners and its connections. Refused for a fixed tab. */
  readonly close: (tab: number) => Effect.Effect<void, Domain.Refusal>
  readonly get: (tab: number) => Effect.Effect<Assistant, Domain.Refusal>
  /** Shows an assistant that another part of the program owns. */
  readonly attach: (assistant: Assistant, options?: AttachOptions) => Effect.Effect<WorkspaceTab>
  /** Announces that a user interface watches. From the first call on, the logs of attached assistants record frames. */
  readonly attend: Effect.Effect<void>
}

/** Options of {@link Workspace}. */
export interface WorkspaceOptions {
  /**
   * Makes the assistant of a new window in the scope of the window. `readServerSettings` and `readClientSettings` parse
   * the settings.
   */
  readonly open: (
    kind: Assistant["kind"],
    settings: Domain.WindowSettings,
  ) => Effect.Effect<Assistant, Domain.Refusal, Scope.Scope>
  /** The maximum number of tabs. Default 64. */
  readonly maxTabs?: number
}

interface Member {
  readonly tab: number
  readonly assistant: Assistant
  readonly fixed: boolean
  /** Whether another part of the program owns the assistant. */
  readonly attached: boolean
  readonly scope: Scope.CloseableScope
}

const defaultMaxTabs = 64

const sameTabs = (a: ReadonlyArray<WorkspaceTab>, b: ReadonlyArray<WorkspaceTab>): boolean =>
  a.length === b.length &&
  a.every((left, index) => {
    const right = b[index]
    return (
      left.tab === right?.tab && left.title === right.title && left.active === right.active && left.busy === right.busy
    )
  })

const shown = (state: Domain.WindowState): Pick<WorkspaceTab, "title" | "active" | "busy"> =>
  state._tag === "ServerWindow"
    ? {
        title: state.endpoints.join(", "),
        active: state.listening === "listening",
        busy: state.listening !== "idle" || state.clients > 0,
      }
    : {
        title: state.endpoint ?? "",
        active: state.phase === "connected" || state.phase === "half-closed",
        busy: state.phase !== "disconnected",
      }

const tabOf = ({ assistant, fixed, tab }: Member): Effect.Effect<WorkspaceTab> =>
  Effect.map(assistant.state, (state) => ({ tab, kind: assistant.kind, fixed, ...shown(state) }))

const make = (options: WorkspaceOptions): Effect.Effect<WorkspaceService, never, Scope.Scope> =>
  Effect.gen(function* () {
    const { maxTabs = defaultMaxTabs } = options
    // The windows close in parallel, because each window may wait for the orderly close of its connections.
    const scope = yield* Effect.acquireRelease(Scope.make(ExecutionStrategy.parallel), (made, exit) =>
      Scope.close(made, exit),
    )
    const members = yield* SubscriptionRef.make<ReadonlyArray<Member>>([])
    let lastTab = 0
    let isAttended = false
    let opening = 0

    const tabsOf = (list: ReadonlyArray<Member>) => Effect.forEach(list, tabOf)

    const changesOf = (list: ReadonlyArray<Member>): Stream.Stream<ReadonlyArray<WorkspaceTab>> =>
      Stream.mergeAll([Stream.make(undefined), ...list.map(({ assistant }) => assistant.states)], {
        concurrency: "unbounded",
        bufferSize: 1,
      }).pipe(Stream.mapEffect(() => tabsOf(list)))

    const add = (parts: Omit<Member, "tab">) =>
      Effect.gen(function* () {
        lastTab += 1
        const member: Member = { ...parts, tab: lastTab }
        yield* SubscriptionRef.update(members, (list) => [...list, member])
        return yield* tabOf(member)
      })

    const find = (tab: number): Effect.Effect<Member, Domain.Refusal> =>
      Effect.flatMap(SubscriptionRef.get(members), (list) => {
        const member = list.find((candidate) => candidate.tab === tab)
        return member === undefined
          ? new Domain.Refusal({ reason: "unknown", message: `there is no tab ${tab}` })
          : Effect.succeed(member)
      })

    const record = (member: Member) => Scope.extend(member.assistant.log.record, member.scope)

    return {
      tabs: Effect.flatMap(SubscriptionRef.get(members), tabsOf),
      changes: members.changes.pipe(
        Stream.flatMap(changesOf, { switch: true, bufferSize: 1 }),
        Stream.changesWith(sameTabs),
      ),
      open: (kind, settings = {}) =>
        Effect.uninterruptibleMask((restore) =>
          Effect.gen(function* () {
            const { length } = yield* SubscriptionRef.get(members)
            if (length + opening >= maxTabs) {
              return yield* new Domain.Refusal({
                reason: "limit",
                message: `there are ${maxTabs} tabs already`,
                advice: "close one of them",
              })
            }
            opening += 1
            const own = yield* Scope.fork(scope, ExecutionStrategy.sequential)
            const made = yield* options.open(kind, settings).pipe(
              Effect.tap((assistant) => assistant.log.record),
              Scope.extend(own),
              restore,
              Effect.onError((cause) => Scope.close(own, Exit.failCause(cause))),
              Effect.ensuring(
                Effect.sync(() => {
                  opening -= 1
                }),
              ),
            )
            return yield* add({ assistant: made, fixed: false, attached: false, scope: own })
          }),
        ),
      close: (tab) =>
        Effect.gen(function* () {
          const member = yield* find(tab)
          if (member.fixed) {
            return yield* new Domain.Refusal({
              reason: "forbidden",
              message: `tab ${tab} belongs to the command that runs in the terminal`,
              advice: "end that command",
            })
          }
          yield* SubscriptionRef.update(members, (list) => list.filter((candidate) => candidate !== member))
          yield* Scope.close(member.scope, Exit.void)
        }).pipe(Effect.uninterruptible),
      get: (tab) => Effect.map(find(tab), ({ assistant }) => assistant),
      attach: (assistant, { fixed = true } = {}) =>
        Effect.uninterruptible(
          Effect.gen(function* () {
            const own = yield* Scope.fork(scope, ExecutionStrategy.sequential)
            if (isAttended) yield* Scope.extend(assistant.log.record, own)
            return yield* add({ assistant, fixed, attached: true, scope: own })
          }),
        ),
      attend: Effect.suspend(() => {
        if (isAttended) return Effect.void
        isAttended = true
        return Effect.flatMap(SubscriptionRef.get(members), (list) =>
          Effect.forEach(
            list.filter(({ attached }) => attached),
            record,
            { discard: true },
          ),
        )
      }),
    }
  })

/** Several windows of servers and clients: the tabs of a page. Several user interfaces can watch one workspace. */
export class Workspace extends Context.Tag("tcpfx/assistant/Workspace")<Workspace, WorkspaceService>() {
  /** Makes a workspace without tabs. The end of the scope ends the workspace and all windows that it has opened. */
  static readonly make = make

  /** `make` as a layer. */
  static readonly layer = (options: WorkspaceOptions): Layer.Layer<Workspace> => Layer.scoped(this, make(options))
}

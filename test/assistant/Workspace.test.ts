import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Queue from "effect/Queue"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { Workspace, type WorkspaceOptions } from "../../src/assistant/index.ts"
import { Assistant as Domain } from "../../src/domain/index.ts"
import { makeStandIn, type StandIn } from "../web/support/standIn.ts"

/** A workspace with substitutes for windows, and a record of what happens to them. */
const makeWorld = (options: Partial<WorkspaceOptions> = {}) =>
  Effect.gen(function* () {
    const opened: Array<StandIn> = []
    const ended: Array<number> = []
    const workspace = yield* Workspace.make({
      open: () =>
        Effect.gen(function* () {
          const number = opened.length
          const standIn = yield* makeStandIn()
          opened.push(standIn)
          return yield* Effect.acquireRelease(Effect.succeed(standIn), () => Effect.sync(() => ended.push(number)))
        }),
      ...options,
    })
    return { workspace, opened, ended }
  })

const reason = <A>(refused: Effect.Effect<A, Domain.Refusal>) =>
  Effect.map(Effect.flip(refused), (error) => error.reason)

describe("a workspace", () => {
  it.scoped("numbers its tabs and never reuses a number", () =>
    Effect.gen(function* () {
      const { workspace } = yield* makeWorld()
      expect(yield* workspace.tabs).toEqual([])
      yield* workspace.open("server")
      yield* workspace.open("client")
      yield* workspace.close(2)
      expect(yield* workspace.open("server")).toEqual({
        tab: 3,
        kind: "server",
        title: "",
        active: false,
        busy: false,
        fixed: false,
      })
      expect((yield* workspace.tabs).map(({ tab }) => tab)).toEqual([1, 3])
      expect(yield* reason(workspace.get(2))).toBe("unknown")
      expect(yield* reason(workspace.close(2))).toBe("unknown")
    }),
  )

  it.scoped("ends a window when its tab is closed, and all windows at its own end", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const { ended, opened, workspace } = yield* Scope.extend(makeWorld(), scope)
      yield* Effect.replicateEffect(workspace.open("server"), 3)
      expect(opened.map((standIn) => standIn.recording())).toEqual([1, 1, 1])
      yield* workspace.close(2)
      expect([ended, opened.map((standIn) => standIn.recording())]).toEqual([[1], [1, 0, 1]])
      yield* Scope.close(scope, Exit.void)
      expect([...ended].sort()).toEqual([0, 1, 2])
    }),
  )

  it.scoped("leaves nothing of a window that fails to open", () =>
    Effect.gen(function* () {
      const ended: Array<string> = []
      const { workspace } = yield* makeWorld({
        open: () =>
          Effect.zipRight(
            Effect.addFinalizer(() => Effect.sync(() => ended.push("ended"))),
            new Domain.Refusal({ reason: "value", message: "no such thing" }),
          ),
        maxTabs: 1,
      })
      for (let n = 0; n < 3; n++) expect(yield* reason(workspace.open("server"))).toBe("value")
      expect([ended.length, yield* workspace.tabs]).toEqual([3, []])
    }),
  )

  it.scoped("never exceeds the maximum number of tabs, also when several are opened at once", () =>
    Effect.gen(function* () {
      const { opened, workspace } = yield* makeWorld({ maxTabs: 2 })
      const attempts = Effect.replicate(Effect.either(workspace.open("server")), 5)
      const results = yield* Effect.all(attempts, { concurrency: "unbounded" })
      expect(results.filter(({ _tag }) => _tag === "Left").length).toBe(3)
      expect(opened.length).toBe(2)
      yield* workspace.close(1)
      yield* workspace.open("client")
    }),
  )

  it.scoped("shows an attached assistant, does not end it, and records its frames once a face watches", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const { workspace } = yield* Scope.extend(makeWorld(), scope)
      const standIn = yield* makeStandIn()
      expect(yield* workspace.attach(standIn)).toMatchObject({ tab: 1, fixed: true })
      expect(yield* reason(workspace.close(1))).toBe("forbidden")
      expect(standIn.recording()).toBe(0)
      yield* workspace.attend
      yield* workspace.attend
      expect(standIn.recording()).toBe(1)
      const late = yield* makeStandIn()
      yield* workspace.attach(late, { fixed: false })
      expect(late.recording()).toBe(1)
      yield* workspace.close(2)
      expect(late.recording()).toBe(0)
      yield* Scope.close(scope, Exit.void)
      expect(standIn.recording()).toBe(0)
    }),
  )

  it.scopedLive("publishes its tabs after each change of a tab, and at no other time", () =>
    Effect.gen(function* () {
      const { opened, workspace } = yield* makeWorld()
      const told = yield* Queue.unbounded<string>()
      yield* Effect.forkScoped(
        Stream.runForEach(workspace.changes, (tabs) =>
          Queue.offer(told, tabs.map(({ active, tab, title }) => `${tab}${title}${active ? "!" : ""}`).join(" ")),
        ),
      )
      expect(yield* Queue.take(told)).toBe("")
      yield* workspace.open("server")
      expect(yield* Queue.take(told)).toBe("1")
      // A new row in the log changes the state, but no tab.
      yield* opened[0]?.tell("x") ?? Effect.void
      yield* opened[0]?.execute({ _tag: "Listen", endpoint: ":9" }) ?? Effect.void
      expect(yield* Queue.take(told)).toBe("1:9!")
      yield* workspace.open("server")
      expect(yield* Queue.take(told)).toBe("1:9! 2")
      yield* workspace.close(1)
      expect(yield* Queue.take(told)).toBe("2")
      expect(yield* Queue.size(told)).toBe(0)
    }),
  )
})

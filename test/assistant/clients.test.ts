import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/TestClock"
import type { Assistant } from "../../src/assistant/index.ts"
import { type ConnectionId, Assistant as Domain } from "../../src/domain/index.ts"
import { command, framesOf, overMemory, rowsOf, serverWindow, untilState } from "../support/assistants.ts"
import { utf8 } from "../support/texts.ts"

const refusalOf = (assistant: Assistant, line: string) => Effect.flip(assistant.execute(command(line)))

const onlyClient = (id: number) => Domain.onlyClient(id as ConnectionId)

/** The connected clients, after the server has reported the ends of the others. */
const clientsOf = (assistant: Assistant, request: Partial<Domain.ClientsRequest> = {}) =>
  Effect.map(assistant.clients({ from: 0, count: 100, ...request }), ({ rows }) => rows)

it.scoped("a name belongs to one client, and is free after the client has disconnected", () =>
  overMemory(
    Effect.gen(function* () {
      const { assistant, connect, events } = yield* serverWindow()
      yield* connect()
      yield* connect()
      expect(yield* assistant.execute(command("rename @1 plc"))).toEqual({ _tag: "Applied", to: [1], unmatched: [] })
      expect(yield* refusalOf(assistant, "rename @2 plc")).toMatchObject({ reason: "name-taken", field: "name" })
      expect(yield* refusalOf(assistant, "rename @all both")).toMatchObject({ reason: "value", field: "to" })
      expect(yield* refusalOf(assistant, "rename @9 nine")).toMatchObject({ reason: "nobody", field: "to" })
      const hidden = Effect.flip(assistant.execute({ _tag: "Rename", to: onlyClient(1), name: "a\u0007" }))
      expect(yield* hidden).toMatchObject({ reason: "value", field: "name" })
      yield* assistant.execute(command("rename @plc press"))
      yield* assistant.execute(command("kick @press"))
      yield* events.first("ConnectionClosed", 1)
      expect(yield* refusalOf(assistant, "send @press x")).toMatchObject({ reason: "nobody" })
      yield* assistant.execute(command("rename @2 press"))
      const rows = yield* rowsOf(assistant)
      expect(rows.find(({ id }) => id === 1)?.name).toBe("press")
    }),
  ),
)

it.scoped("tags are added and removed, and the outcome lists the changed clients", () =>
  overMemory(
    Effect.gen(function* () {
      const { assistant, connect } = yield* serverWindow()
      yield* connect()
      yield* connect()
      yield* assistant.execute(command("tag @1 line2"))
      expect(yield* assistant.execute(command("tag @all line2"))).toMatchObject({ to: [2] })
      expect((yield* clientsOf(assistant)).map(({ tags }) => tags)).toEqual([["line2"], ["line2"]])
      expect(yield* assistant.execute(command("untag @2 line2"))).toMatchObject({ to: [2] })
      expect((yield* clientsOf(assistant, { filter: "@tag:line2" })).map(({ id }) => id)).toEqual([1])
    }),
  ),
)

it.scoped("clients are found by name, address and tag, and are returned sorted and in pages", () =>
  overMemory(
    Effect.gen(function* () {
      const { assistant, connect } = yield* serverWindow()
      const clients = []
      for (let count = 0; count < 12; count++) clients.push(yield* connect())
      yield* assistant.execute(command("rename @3 zeta"))
      yield* assistant.execute(command("rename @5 alpha"))
      yield* assistant.execute(command("tag @7,@8 spare"))
      const ids = (request: Partial<Domain.ClientsRequest>) =>
        Effect.map(clientsOf(assistant, request), (rows) => rows.map(({ id }) => id))
      expect(yield* ids({ filter: "ALPHA" })).toEqual([5])
      expect(yield* ids({ filter: "spare" })).toEqual([7, 8])
      expect(yield* ids({ filter: "@all-but 1,2,3,4,5,6,7,8,9" })).toEqual([10, 11, 12])
      expect(yield* ids({ sort: "name", count: 3 })).toEqual([5, 3, 1])
      expect(yield* ids({ from: 10 })).toEqual([11, 12])
      expect(yield* assistant.clients({ filter: "127.0.0.1", from: 0, count: 1 })).toMatchObject({
        matching: 12,
        total: 12,
      })
      yield* clients[8]?.send(utf8("hello")) ?? Effect.void
      yield* TestClock.adjust("1 second")
      while ((yield* framesOf(assistant)).length < 1) yield* Effect.yieldNow()
      yield* clients[3]?.send(utf8("hello")) ?? Effect.void
      yield* TestClock.adjust("1 second")
      while ((yield* framesOf(assistant)).length < 2) yield* Effect.yieldNow()
      expect(yield* assistant.execute(command("send @last x"))).toMatchObject({ to: [4] })
      const state = yield* assistant.state
      expect(state.clients).toBe(12)
      yield* untilState(assistant, ({ clients: connected }) => connected === 12)
    }),
  ),
)

import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Framing } from "../../src/domain/index.ts"
import { Attribute, type ServerConnection } from "../../src/server/index.ts"
import { Testing } from "../../src/testing/index.ts"
import { overEachTransport } from "../support/eachTransport.ts"
import { string, utf8 } from "../support/texts.ts"

const User = Attribute.make("user", () => "nobody")
const Score = Attribute.make("score", () => 0)

/** Each frame is the name of the user, and scores a point. The answer proves that both are set. */
const scoring = (connection: ServerConnection) =>
  connection.runForEach((name) =>
    Effect.gen(function* () {
      yield* User.set(connection, string(name))
      yield* Score.update(connection, (score) => score + 1)
      yield* connection.send(utf8(`${User.of(connection)} ${Score.of(connection)}`))
    }),
  )

describe("an attribute", () => {
  overEachTransport("is set by the handler of a connection, and is seen in the connections of the server", () =>
    Effect.gen(function* () {
      const { connect, server } = yield* Testing.serve({ handler: scoring, settings: { frame: Framing.line } })
      const ann = yield* connect()
      yield* connect()
      for (const [name, answer] of [
        ["ann", "ann 1"],
        ["anne", "anne 2"],
      ] as const) {
        yield* ann.send(utf8(name))
        expect(yield* Testing.receiveText(ann)).toBe(answer)
      }
      const [first, second] = yield* server.connections
      if (first === undefined || second === undefined) return expect.unreachable()
      expect([User.of(first), Score.of(first)]).toEqual(["anne", 2])
      expect([User.of(second), Score.of(second)]).toEqual(["nobody", 0])
      expect(JSON.stringify([first.attributes, second.attributes])).toBe('[{"user":"anne","score":2},{}]')
      expect([...first.attributes]).toEqual([
        ["user", "anne"],
        ["score", 2],
      ])
    }),
  )

  overEachTransport("of a ConnectionInfo keeps the value of its moment", () =>
    Effect.gen(function* () {
      const { connect, server } = yield* Testing.serve({ handler: scoring, settings: { frame: Framing.line } })
      const ann = yield* connect()
      const play = Effect.zipRight(ann.send(utf8("ann")), Testing.receiveText(ann))
      yield* play
      const [before] = yield* server.connections
      yield* play
      const after = yield* server.connection(before?.id ?? expect.unreachable())
      if (before === undefined) return expect.unreachable()
      expect([Score.of(before), Score.of(after)]).toEqual([1, 2])
    }),
  )

  it("is not the attribute of the same name", () => {
    const connection = { attributes: new Attribute.MutableAttributes() }
    const other = Attribute.make("user", () => 7)
    Effect.runSync(User.set(connection, "ann"))
    expect([User.of(connection), other.of(connection)]).toEqual(["ann", 7])
  })

  it("can have the value undefined", () => {
    const connection = { attributes: new Attribute.MutableAttributes() }
    const Maybe = Attribute.make<number | undefined>("maybe", () => 1)
    Effect.runSync(Maybe.set(connection, undefined))
    expect(Maybe.of(connection)).toBeUndefined()
  })
})

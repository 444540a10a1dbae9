import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { Framing } from "../../src/domain/index.ts"
import { Testing } from "../../src/testing/index.ts"
import { addRule, greetingRule, overMemory, serverWindow, text } from "../support/assistants.ts"
import { utf8 } from "../support/texts.ts"

const line = { settings: { frame: Framing.line } }

it.scoped("delayed actions end with their client and their rule, and one client cannot use all places", () =>
  overMemory(
    Effect.gen(function* () {
      const { assistant, connect, events } = yield* serverWindow(line)
      const [flooding, other] = [yield* connect(), yield* connect()]
      const problems = Effect.map(assistant.state, ({ rules }) => rules.map(({ problem }) => problem))
      yield* addRule(assistant, greetingRule("late", { delay: 1500 }))
      yield* flooding.sendAll(Stream.repeatValue(utf8("hello")).pipe(Stream.take(1001)))
      while ((yield* assistant.state).rules[0]?.acted !== 1001) yield* Effect.yieldNow()
      expect(yield* problems).toEqual(["1000 actions for one client are already waiting; this one was dropped"])
      yield* flooding.close
      yield* events.first("ConnectionClosed", 1)
      // An action that is cancelled with its rule does not run for the replacing rule.
      yield* other.send(utf8("hello"))
      while ((yield* assistant.state).rules[0]?.acted !== 1002) yield* Effect.yieldNow()
      yield* addRule(assistant, greetingRule("soon", { delay: 1000 }))
      yield* other.send(utf8("hello"))
      while ((yield* assistant.state).rules[0]?.acted !== 1) yield* Effect.yieldNow()
      expect(yield* problems).toEqual([undefined])
      yield* TestClock.adjust("2 seconds")
      expect(yield* Testing.receiveText(other)).toBe("soon")
      yield* assistant.execute({ _tag: "Broadcast", payload: text("end") })
      expect(yield* Testing.receiveText(other)).toBe("end")
    }),
  ),
)

it.scoped("the frames of a client that reads no replies wait, and all of them are answered after its FIN", () =>
  overMemory(
    Effect.gen(function* () {
      const { assistant, connect } = yield* serverWindow(line)
      const client = yield* connect()
      const frames = 5000
      const answer = "x".repeat(1000)
      yield* addRule(assistant, greetingRule(answer))
      yield* client.sendAll(Stream.repeatValue(utf8("hello")).pipe(Stream.take(frames)))
      yield* client.halfClose
      // The client has not read yet: few of its frames have been answered.
      while ((yield* assistant.state).rules[0]?.acted === 0) yield* Effect.yieldNow()
      for (let turn = 0; turn < 100; turn++) yield* Effect.yieldNow()
      expect((yield* assistant.state).rules[0]?.acted).toBeLessThan(frames / 2)
      for (let count = 0; count < frames; count++) expect(yield* Testing.receiveText(client)).toBe(answer)
      expect((yield* client.closed).reason._tag).toBe("LocalClosed")
    }),
  ),
)

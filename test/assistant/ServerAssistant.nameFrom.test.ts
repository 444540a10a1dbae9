import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Framing } from "../../src/domain/index.ts"
import { Testing } from "../../src/testing/index.ts"
import { command, framesOf, overMemory, serverWindow, unwatchedServerWindow } from "../support/assistants.ts"
import { utf8 } from "../support/texts.ts"

type Window = Effect.Effect.Success<ReturnType<typeof serverWindow>>

const namesOf = ({ assistant }: Pick<Window, "assistant">) =>
  Effect.map(assistant.clients({ from: 0, count: 100 }), ({ rows }) => rows.map(({ name }) => name))

/** Waits until the server has received this many frames. */
const received = ({ events }: Pick<Window, "events">, count: number) => events.first("FrameReceived", count)

it.scoped("a client is named by its first line, which the log, the rules and the mode still see", () =>
  overMemory(
    Effect.gen(function* () {
      const window = yield* serverWindow({ nameFrom: "firstline", mode: "echo", settings: { frame: Framing.line } })
      yield* window.assistant.execute(command("rule hi when starts plc reply hello ${client.name}"))
      const client = yield* window.connect()
      yield* client.send(utf8("plc-1"))
      expect([yield* Testing.receiveText(client), yield* Testing.receiveText(client)].sort()).toEqual([
        "hello plc-1",
        "plc-1",
      ])
      yield* client.send(utf8("second line"))
      expect(yield* Testing.receiveText(client)).toBe("second line")
      expect(yield* namesOf(window)).toEqual(["plc-1"])
      expect((yield* framesOf(window.assistant))[0]).toBe("1<plc-1")
      yield* window.assistant.execute(command("send @plc-1 to you"))
      expect(yield* Testing.receiveText(client)).toBe("to you")
    }),
  ),
)

it.scoped("a first line may be split over reads, and blank lines before it do not count", () =>
  overMemory(
    Effect.gen(function* () {
      const window = yield* unwatchedServerWindow({ nameFrom: "firstline" })
      const client = yield* window.connect()
      const parts = ["\r\n", "pum", "p 2\r", "\nID 7\n"]
      for (const [index, part] of parts.entries()) {
        yield* client.send(utf8(part))
        yield* received(window, index + 1)
        expect(yield* namesOf(window)).toEqual([index < 2 ? "" : "pump 2"])
      }
    }),
  ),
)

it.scoped("a first line without an end is cut, and a client that a command has named keeps its name", () =>
  overMemory(
    Effect.gen(function* () {
      const window = yield* unwatchedServerWindow({ nameFrom: "firstline" })
      const [long, known] = [yield* window.connect(), yield* window.connect()]
      yield* window.assistant.execute(command("rename @2 known"))
      yield* long.send(utf8("x".repeat(300)))
      yield* known.send(utf8("other\n"))
      yield* received(window, 2)
      expect(yield* namesOf(window)).toEqual(["x".repeat(32), "known"])
    }),
  ),
)

it.scoped("clients with the same first line get numbers, and a free name is used again", () =>
  overMemory(
    Effect.gen(function* () {
      const window = yield* unwatchedServerWindow({ nameFrom: "firstline" })
      const clients = [yield* window.connect(), yield* window.connect(), yield* window.connect()]
      for (const [index, client] of clients.entries()) {
        yield* client.send(utf8("meter\n"))
        yield* received(window, index + 1)
      }
      expect(yield* namesOf(window)).toEqual(["meter", "meter-2", "meter-3"])
      yield* window.assistant.execute(command("kick @meter-2"))
      yield* window.events.first("ConnectionClosed", 1)
      const again = yield* window.connect()
      yield* again.send(utf8("meter\n"))
      yield* received(window, 4)
      expect(yield* namesOf(window)).toEqual(["meter", "meter-3", "meter-2"])
    }),
  ),
)

it.scoped("a client is named by its address as soon as it connects", () =>
  overMemory(
    Effect.gen(function* () {
      const window = yield* unwatchedServerWindow({ nameFrom: "peer" })
      yield* window.connect()
      yield* window.connect()
      expect(yield* namesOf(window)).toEqual(["127.0.0.1", "127.0.0.1-2"])
    }),
  ),
)

import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { ServerAssistant } from "../../src/assistant/index.ts"
import type { Connection } from "../../src/connection/index.ts"
import { Framing } from "../../src/domain/index.ts"
import { Testing } from "../../src/testing/index.ts"
import { command, overMemory, rowsOf, serverWindow } from "../support/assistants.ts"
import { utf8 } from "../support/texts.ts"

const lineClient = { frame: Framing.line }

const chatWindow = Effect.gen(function* () {
  const window = yield* serverWindow({ mode: "chat" })
  /** Connects a client that has read its greeting. */
  const join = Effect.tap(window.connect(lineClient), Testing.receiveText)
  return { ...window, join }
})

const next = (client: Connection, count: number) => Effect.replicateEffect(Testing.receiveText(client), count)

describe("a server window with a chat", () => {
  it.scopedLive("has the names of the chat in its list of clients, in its log and as recipients", () =>
    overMemory(
      Effect.gen(function* () {
        const { assistant, join } = yield* chatWindow
        const [one, two] = [yield* join, yield* join]
        expect(yield* Testing.receiveText(one)).toBe("* guest-2 joined")
        yield* one.send(utf8("/nick ada"))
        yield* one.send(utf8("hello"))
        expect(yield* next(two, 2)).toEqual(["* guest-1 is now ada", "<ada> hello"])
        const { rows } = yield* assistant.clients({ from: 0, count: 10 })
        expect(rows.map(({ name }) => name)).toEqual(["ada", "guest-2"])
        expect((yield* assistant.state).mode).toBe("chat")
        const texts = (yield* rowsOf(assistant)).map(({ kind, name, text }) => `${kind} ${name ?? ""} ${text}`)
        expect(texts).toEqual(
          expect.arrayContaining([
            "announcement ada guest-1 joined",
            "announcement ada guest-1 is now ada",
            "received ada hello",
          ]),
        )
        yield* assistant.execute(command("kick @ada"))
        expect(yield* Testing.receiveText(two)).toBe("* ada left: kicked by the operator")
      }),
    ),
  )

  it.scopedLive("speaks as the operator to everybody, and privately to some, also by macros and repeats", () =>
    overMemory(
      Effect.gen(function* () {
        const { assistant, join } = yield* chatWindow
        const [one, two] = [yield* join, yield* join]
        yield* Testing.receiveText(one)
        yield* assistant.execute(command("send hello"))
        yield* assistant.execute(command("broadcast again"))
        yield* assistant.execute(command("send @guest-2 secret"))
        yield* assistant.execute(command("macro bye @all text goodbye"))
        yield* assistant.execute(command("run bye"))
        yield* assistant.execute(command("send @all done"))
        const said = ["hello", "again", "goodbye", "done"].map((text) => `<operator> ${text}`)
        expect(yield* next(one, 4)).toEqual(said)
        const heard = yield* next(two, 5)
        expect(heard.filter((line) => line !== "[operator to you] secret")).toEqual(said)
        const preview = yield* assistant.preview({ form: "text", content: "hi" })
        expect(new TextDecoder().decode(preview.bytes)).toBe("<operator> hi")
      }),
    ),
  )

  it.scopedLive("renames clients by the rules of the chat, and tells everybody", () =>
    overMemory(
      Effect.gen(function* () {
        const { assistant, join } = yield* chatWindow
        const [one, two] = [yield* join, yield* join]
        expect(yield* Testing.receiveText(one)).toBe("* guest-2 joined")
        yield* assistant.execute(command("rename @1 ada"))
        expect(yield* Testing.receiveText(one)).toBe("* the operator changed your name to ada")
        expect(yield* Testing.receiveText(two)).toBe("* guest-1 is now ada, by the operator")
        const refusals = yield* Effect.forEach(["Ada", '"a b"', "operator", '""'], (name) =>
          Effect.flip(assistant.execute(command(`rename @2 ${name}`))),
        )
        expect(refusals.map(({ field }) => field)).toEqual(Array(4).fill("name"))
        expect(refusals[0]?.message).toBe("another client has the name ada")
        yield* assistant.execute(command("rename @2 bob"))
        expect(yield* Testing.receiveText(one)).toBe("* guest-2 is now bob, by the operator")
        expect(yield* Testing.receiveText(two)).toBe("* the operator changed your name to bob")
      }),
    ),
  )

  it.scopedLive("applies rules beside the chat, also to many lines in one read", () =>
    overMemory(
      Effect.gen(function* () {
        const { assistant, connect, join } = yield* chatWindow
        const one = yield* join
        yield* assistant.execute(command("rule ping when contains ping reply pong"))
        const raw = yield* connect({ frame: Framing.raw })
        yield* Testing.receiveText(one)
        const count = 3000
        yield* raw.send(utf8("/me says ping\n".repeat(count)))
        for (let line = 0; line < count; line++) expect(yield* Testing.receiveText(one)).toBe("* guest-2 says ping")
        let heard = ""
        while ((heard.match(/pong/g) ?? []).length < count) heard += yield* Testing.receiveText(raw)
      }),
    ),
  )

  it.scopedLive("refuses another framing than lines", () =>
    overMemory(
      Effect.gen(function* () {
        const error = yield* Effect.flip(ServerAssistant.make({ mode: "chat", settings: { frame: Framing.raw } }))
        expect(error).toMatchObject({ _tag: "SettingsError", field: "frame" })
      }),
    ),
  )
})

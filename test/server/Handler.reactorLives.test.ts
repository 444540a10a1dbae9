import { expect } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Framing } from "../../src/domain/index.ts"
import type { Handler } from "../../src/server/index.ts"
import { Testing } from "../../src/testing/index.ts"
import { overEachTransport } from "../support/eachTransport.ts"
import { utf8 } from "../support/texts.ts"

/** A reactor that records its calls, and greets each connection. */
const recording = (seen: Array<string>): Handler.Reactor => ({
  _tag: "Reactor",
  name: "recording",
  onOpen: (connection) => {
    seen.push(`${connection.id} open`)
    connection.reply(utf8("welcome"), 1)
  },
  onRun: (connection, run) => seen.push(`${connection.id} ${new TextDecoder().decode(run).trim()}`),
  onPeerEnd: (connection) => connection.close(),
  onClose: (connection, reason) => {
    seen.push(`${connection.id} ${reason._tag}`)
    connection.publish(utf8(`${connection.id} has left\n`))
  },
})

overEachTransport(
  "a reactor learns of each connection before its first frame and after its end, and can speak then",
  () =>
    Effect.gen(function* () {
      const seen: Array<string> = []
      const { connect, events } = yield* Testing.serve({ handler: recording(seen), settings: { frame: Framing.line } })
      const [one, two] = [yield* connect(), yield* connect()]
      expect([yield* Testing.receiveText(one), yield* Testing.receiveText(two)]).toEqual(["welcome", "welcome"])
      yield* one.send(utf8("hello"))
      yield* one.close
      expect(yield* Testing.receiveText(two)).toBe("1 has left")
      yield* events.one("ConnectionClosed")
      expect(seen).toEqual(["1 open", "2 open", "1 hello", "1 PeerClosed"])
    }),
)

overEachTransport(
  "a reactor that throws in onOpen ends that connection, and one that throws in onClose harms nobody",
  () =>
    Effect.gen(function* () {
      const { connect, events } = yield* Testing.serve({
        handler: {
          ...recording([]),
          onOpen: ({ id }) => {
            if (id === 1) throw new Error("no")
          },
          onClose: () => {
            throw new Error("never")
          },
        },
      })
      // The reset can arrive before the client has connected.
      yield* Effect.exit(connect())
      expect((yield* events.one("ConnectionClosed")).reason).toMatchObject({ _tag: "HandlerFailed" })
      const other = yield* connect()
      yield* other.close
      yield* events.first("ConnectionClosed", 2)
    }),
)

overEachTransport("offer writes within the budget of the peer, and nothing above it", () =>
  Effect.gen(function* () {
    const results: Array<boolean> = []
    const target: { connection: Handler.ReactorConnection | undefined } = { connection: undefined }
    const { connect } = yield* Testing.serve({
      handler: {
        _tag: "Reactor",
        name: "offering",
        onOpen: (connection) => {
          target.connection ??= connection
        },
        onRun: (connection) => {
          results.push(target.connection?.offer(new Uint8Array(4 * 1024 * 1024)) ?? false)
          connection.write(utf8("done\n"))
        },
        onPeerEnd: () => {},
      },
      settings: { frame: Framing.line, hubBudget: 1024 * 1024 },
    })
    // This client does not receive.
    yield* connect({ inbox: 1024 })
    const sender = yield* connect()
    for (let count = 0; count < 8; count++) {
      yield* sender.send(utf8("offer"))
      yield* Testing.receiveText(sender)
    }
    expect(results[0]).toBe(true)
    expect(results.at(-1)).toBe(false)
  }),
)

import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { announcementText, ChatRoom } from "../../src/chat/index.ts"
import type { Connection } from "../../src/connection/index.ts"
import { ConnectionId, Framing } from "../../src/domain/index.ts"
import type { ServerSettings } from "../../src/server/index.ts"
import { Testing } from "../../src/testing/index.ts"
import { MemoryTransport, NodeTransport } from "../../src/transport/index.ts"
import { overEachTransport } from "../support/eachTransport.ts"
import { string, utf8 } from "../support/texts.ts"

const helloTo = (name: string) => `* you are ${name}; /nick NAME changes your name, /help lists all commands`

/** A chat, and its clients. */
const chatting = (settings: Partial<ServerSettings> = {}) =>
  Effect.gen(function* () {
    const told: Array<string> = []
    const room = new ChatRoom({
      onAnnounced: (id, announcement) => told.push(`${id} ${announcementText(announcement)}`),
    })
    const served = yield* Testing.serve({ handler: room, settings: { frame: Framing.line, ...settings } })
    const connected: Array<Connection> = []
    /** Connects a client. Waits until this client and all others have read the messages about it. */
    const join = Effect.gen(function* () {
      const client = yield* served.connect()
      const name = `guest-${connected.length + 1}`
      expect(yield* Testing.receiveText(client)).toBe(helloTo(name))
      for (const other of connected) expect(yield* Testing.receiveText(other)).toBe(`* ${name} joined`)
      connected.push(client)
      return client
    })
    return { ...served, join, room, told }
  })

const say = (client: Connection, line: string) => client.send(utf8(line))

describe("a chat", () => {
  overEachTransport("relays each line to all others, with the name of the client before it", () =>
    Effect.gen(function* () {
      const { join, room } = yield* chatting()
      const [one, two, three] = [yield* join, yield* join, yield* join]
      yield* say(one, "hello 你好")
      yield* say(one, "//slash")
      for (const other of [two, three]) {
        expect(yield* Testing.receiveText(other)).toBe("<guest-1> hello 你好")
        expect(yield* Testing.receiveText(other)).toBe("<guest-1> /slash")
      }
      yield* say(two, "hi")
      expect(yield* Testing.receiveText(one)).toBe("<guest-2> hi")
      expect(room.present).toEqual([1, 2, 3].map((id) => ({ id, name: `guest-${id}` })))
    }),
  )

  overEachTransport("puts one name before a line that many reads bring, and drops the CR of its end", () =>
    Effect.gen(function* () {
      const { connect, join } = yield* chatting()
      const one = yield* join
      const raw = yield* connect({ frame: Framing.raw })
      expect(yield* Testing.receiveText(one)).toBe("* guest-2 joined")
      const line = "你好".repeat(50)
      for (const byte of utf8(`${line}\r\n`)) {
        yield* raw.send(Uint8Array.of(byte))
        yield* raw.drained
      }
      expect(yield* Testing.receiveText(one)).toBe(`<guest-2> ${line}`)
      const long = "x".repeat(300_000)
      yield* raw.send(utf8(`${long}\nlast\n`))
      expect(yield* Testing.receiveText(one)).toBe(`<guest-2> ${long}`)
      expect(yield* Testing.receiveText(one)).toBe("<guest-2> last")
    }),
  )

  overEachTransport("changes a name with /nick, keeps names unique, and tells everybody", () =>
    Effect.gen(function* () {
      const { join, room, told } = yield* chatting()
      const [one, two] = [yield* join, yield* join]
      yield* say(one, "/nick Ada")
      expect(yield* Testing.receiveText(one)).toBe("* you are now Ada")
      expect(yield* Testing.receiveText(two)).toBe("* guest-1 is now Ada")
      yield* say(one, "hi")
      expect(yield* Testing.receiveText(two)).toBe("<Ada> hi")
      const malformed = "a name has letters, digits, dots, hyphens and underscores, and begins with a letter or a digit"
      const problems: Readonly<Record<string, string>> = {
        ada: "another client has the name Ada",
        OPERATOR: "the operator has this name",
        "guest-7": "the server gives the names of guests",
        "17": "a name has a letter: a number alone stands for a connection",
        ...Object.fromEntries(
          ["all", "LAST", "all-but", "10.0.0.7", "ａｌｌ"].map((bad) => [
            bad,
            "this name stands for other recipients, as in @all, @last and @10.0.0.7",
          ]),
        ),
        ["x".repeat(25)]: "a name has at most 24 characters",
        ...Object.fromEntries(
          ["a\u202eb", "a\u200bb", "\u001b[31m", "<b>", "*", "@a", "a,b"].map((bad) => [bad, malformed]),
        ),
      }
      for (const [name, problem] of Object.entries(problems)) {
        yield* say(two, `/nick ${name}`)
        expect(yield* Testing.receiveText(two)).toBe(`* ${problem}; you are still guest-2`)
      }
      yield* say(two, "/nick 小明")
      expect(yield* Testing.receiveText(two)).toBe("* you are now 小明")
      expect(yield* Testing.receiveText(one)).toBe("* guest-2 is now 小明")
      yield* say(two, "/nick 小明")
      expect(yield* Testing.receiveText(two)).toBe("* you are 小明 already")
      expect(room.rename(ConnectionId.make(2), "ada")).toBe("another client has the name Ada")
      expect(room.rename(ConnectionId.make(2), "Ming")).toBeUndefined()
      expect(yield* Testing.receiveText(two)).toBe("* the operator changed your name to Ming")
      expect(yield* Testing.receiveText(one)).toBe("* 小明 is now Ming, by the operator")
      expect(told).toEqual([
        "1 guest-1 joined",
        "2 guest-2 joined",
        "1 guest-1 is now Ada",
        "2 guest-2 is now 小明",
        "2 小明 is now Ming, by the operator",
      ])
    }),
  )

  overEachTransport("sends /msg to one client alone, and /me to all", () =>
    Effect.gen(function* () {
      const { join } = yield* chatting()
      const [one, two, three] = [yield* join, yield* join, yield* join]
      yield* say(one, "/msg guest-2 a  secret \u001b]0;x\u0007")
      expect(yield* Testing.receiveText(two)).toBe("[guest-1 to you] a  secret \\e]0;x\\a")
      expect(yield* Testing.receiveText(one)).toBe("* sent to guest-2")
      yield* say(one, "/msg bob hi")
      expect(yield* Testing.receiveText(one)).toBe("* nobody here has the name bob; /users lists who is here")
      yield* say(one, "/msg operator hi")
      expect(yield* Testing.receiveText(one)).toBe("* the operator has seen your message")
      yield* say(one, "/me waves")
      for (const other of [two, three]) expect(yield* Testing.receiveText(other)).toBe("* guest-1 waves")
    }),
  )

  overEachTransport("answers /users, /help and mistakes", () =>
    Effect.gen(function* () {
      const { join } = yield* chatting()
      const [one, two] = [yield* join, yield* join]
      yield* say(two, "/users")
      expect(yield* Testing.receiveText(two)).toBe("* 2 clients are here: guest-1, guest-2")
      for (const [line, answer] of [
        [
          "/usres",
          "* /usres is not a command (did you mean /users?); /help lists the commands, and // at the start sends a slash",
        ],
        ["/", "* / is not a command; /help lists the commands, and // at the start sends a slash"],
        ["/nick", "* the name is missing; the form is /nick NAME"],
        ["/nick a b", "* a name has no blanks; the form is /nick NAME"],
        ["/msg guest-2", "* the text is missing; the form is /msg NAME TEXT"],
        ["/me", "* the text is missing; the form is /me TEXT"],
      ]) {
        yield* say(one, line ?? "")
        expect(yield* Testing.receiveText(one)).toBe(answer)
      }
      yield* say(one, "/HELP")
      expect(yield* Testing.receiveText(one)).toBe("* /nick NAME: changes your name")
      for (let line = 0; line < 5; line++) yield* Testing.receiveText(one)
      expect(yield* Testing.receiveText(one)).toMatch(/\/\/ at the start sends a slash$/)
    }),
  )

  overEachTransport("tells why a client left", () =>
    Effect.gen(function* () {
      const { connect, join, server } = yield* chatting()
      const one = yield* join
      const next = Effect.gen(function* () {
        const client = yield* connect()
        expect(yield* Testing.receiveText(one)).toMatch(/joined$/)
        return client
      })
      // This client does not close its side.
      yield* say(yield* next, "/quit see you \u0007")
      expect(yield* Testing.receiveText(one)).toBe("* guest-2 left: /quit see you \\a")
      yield* say(one, "/users")
      expect(yield* Testing.receiveText(one)).toBe("* 1 client is here: guest-1")
      yield* (yield* next).halfClose
      expect(yield* Testing.receiveText(one)).toBe("* guest-3 left: closed the connection")
      yield* next
      yield* server.kick(ConnectionId.make(4))
      expect(yield* Testing.receiveText(one)).toBe("* guest-4 left: kicked by the operator")
    }),
  )

  it.scopedLive("announces each of many clients that join, talk and leave together once to all others", () =>
    Effect.gen(function* () {
      const { connect, join } = yield* chatting()
      const one = yield* join
      const names = Array.from({ length: 100 }, (_, index) => `guest-${index + 2}`)
      const clients = yield* Effect.forEach(names, () => connect())
      yield* Effect.forEach(clients, (client) => say(client, "hi"))
      const heard = new Map(names.map((name) => [name, [] as Array<string>]))
      for (let count = 0; count < 2 * names.length; count++) {
        const line = (yield* Testing.receiveText(one)) ?? ""
        heard.get(/guest-\d+/.exec(line)?.[0] ?? "")?.push(line)
      }
      for (const [name, lines] of heard) expect(lines).toEqual([`* ${name} joined`, `<${name}> hi`])
      yield* Effect.forEach(clients, (client) => client.close)
      const left = new Set<string | undefined>()
      for (let count = 0; count < names.length; count++) left.add(yield* Testing.receiveText(one))
      expect(left).toEqual(new Set(names.map((name) => `* ${name} left: closed the connection`)))
    }).pipe(Effect.provide(MemoryTransport.layer())),
  )

  it.scopedLive("tells that a client has reset its connection", () =>
    Effect.gen(function* () {
      const { connectPeer, join } = yield* chatting()
      const one = yield* join
      const raw = yield* connectPeer()
      expect(yield* Testing.receiveText(one)).toBe("* guest-2 joined")
      yield* raw.reset
      expect(yield* Testing.receiveText(one)).toBe("* guest-2 left: reset the connection")
    }).pipe(Effect.provide(NodeTransport.layer)),
  )

  it.scopedLive("holds few answers for a client that asks and does not read, and answers all once it reads", () =>
    Effect.gen(function* () {
      const { connectPeer, join, server } = yield* chatting()
      const one = yield* join
      const raw = yield* connectPeer({ reads: false })
      yield* Testing.receiveText(one)
      const requests = 40_000
      yield* raw.send("/help\n".repeat(requests))
      // The relay continues, and the memory of the answers is bounded.
      for (let round = 0; round < 20; round++) {
        yield* say(one, "/users")
        yield* Testing.receiveText(one)
        const [, asking] = yield* server.connections
        expect(asking?.pendingBytes).toBeLessThan(1024 * 1024)
      }
      yield* raw.startReading
      yield* raw.halfClose
      const all = string(yield* raw.takeRest)
      expect(all.match(/leaves the chat/g)).toHaveLength(requests)
    }).pipe(Effect.provide(NodeTransport.layer)),
  )

  it.scopedLive("ends all clients in order when the server drains", () =>
    Effect.gen(function* () {
      const { events, join, server } = yield* chatting()
      for (let count = 0; count < 5; count++) yield* join
      expect(yield* server.drain).toEqual({ graceful: 5, forced: 0 })
      expect(events.all("ConnectionClosed").map(({ reason }) => reason._tag)).toEqual(Array(5).fill("Drained"))
    }).pipe(Effect.provide(MemoryTransport.layer())),
  )
})

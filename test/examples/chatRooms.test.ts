import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Client } from "tcpfx/client"
import { Framing } from "tcpfx/domain"
import { MemoryTransport } from "tcpfx/transport"
import { ChatRooms, chatRooms } from "../../examples/chat-rooms.ts"
import { Testing } from "../../src/testing/index.ts"
import { utf8 } from "../support/texts.ts"

it.scopedLive("people in a room of the chat hear each other, and who joins and leaves", () =>
  Effect.gen(function* () {
    const { endpoint } = yield* chatRooms
    const client = yield* Client.make({ frame: Framing.line })
    const enter = (name: string) =>
      Effect.gen(function* () {
        const peer = yield* client.connect(endpoint)
        expect(yield* Testing.receiveText(peer)).toBe("* /join ROOM NAME")
        yield* peer.send(utf8(`/join lobby ${name}`))
        return { peer, answer: yield* Testing.receiveText(peer) }
      })
    const { answer, peer: ann } = yield* enter("ann")
    expect(answer).toBe("* you are in lobby")
    const { peer: bob } = yield* enter("bob")
    expect(yield* Testing.receiveText(ann)).toBe("* bob joined")
    yield* ann.send(utf8("/who"))
    expect(yield* Testing.receiveText(ann)).toBe("* ann, bob")
    yield* bob.send(utf8("hello"))
    expect(yield* Testing.receiveText(ann)).toBe("<bob> hello")
    yield* bob.close
    expect(yield* Testing.receiveText(ann)).toBe("* bob left")
    const { answer: refused } = yield* enter("no/name")
    expect(refused).toContain("connection #3 cannot join the room lobby: name: Expected a string matching the pattern")
    expect(yield* (yield* ChatRooms).names).toEqual(["lobby"])
  }).pipe(Effect.provide(ChatRooms.layer), Effect.provide(MemoryTransport.layer())),
)

import { describe, expect, it } from "@effect/vitest"
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import { ClientEvent, ServerEvent } from "../../src/domain/index.ts"
import { tagsOf } from "../support/eventArbitraries.ts"

const serverTags = tagsOf(ServerEvent)
const clientTags = tagsOf(ClientEvent)
const decode = Schema.decodeUnknownEither(ServerEvent)
const opened = {
  _tag: "ConnectionOpened",
  seq: 1,
  at: 0,
  id: 1,
  local: { _tag: "Tcp", host: "127.0.0.1", port: 1 },
  remote: { _tag: "Unix", path: "" },
}

describe("ServerEvent and ClientEvent", () => {
  it("no two events of a server, or of a client, have the same tag", () => {
    expect(new Set(serverTags).size).toBe(serverTags.length)
    expect(new Set(clientTags).size).toBe(clientTags.length)
  })

  it("every event has a number and a time", () => {
    for (const member of [...ServerEvent.members, ...ClientEvent.members]) {
      expect(Object.keys(member.fields)).toEqual(expect.arrayContaining(["_tag", "seq", "at"]))
    }
  })

  it("an event survives encoding and decoding", () => {
    expect(decode(opened)).toEqual(Either.right(opened))
  })

  it("a number that is not whole, an id below 1 and a port out of range are refused", () => {
    const wrong = [
      { ...opened, seq: 1.5 },
      { ...opened, id: 0 },
      { ...opened, local: { _tag: "Tcp", host: "127.0.0.1", port: 65_536 } },
      { ...opened, local: { _tag: "Tcp", host: "", port: 1 } },
    ]
    for (const event of wrong) expect(Either.isLeft(decode(event))).toBe(true)
  })
})

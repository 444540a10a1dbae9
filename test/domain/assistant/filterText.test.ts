import { describe, expect, it } from "@effect/vitest"
import * as Either from "effect/Either"
import { Assistant, ConnectionId } from "../../../src/domain/index.ts"

const read = (text: string) => {
  const { clients, filter } = Either.getOrThrowWith(Assistant.parseFilter(text), ({ message }) => new Error(message))
  return clients === undefined ? filter : { ...filter, of: Assistant.formatRecipients(clients) }
}

describe("a filter in its written form", () => {
  it.each<readonly [string, object]>([
    ["two words", { text: "two words" }],
    ["/^ERR \\d+/", { regex: "^ERR \\d+" }],
    ["hex 01 03", { hex: "01 03" }],
    ["in", { direction: "received" }],
    ["out", { direction: "sent" }],
    ["announcement", { direction: "announcement" }],
    ["@3", { of: "@3" }],
    ["@3,@plc-1 in hex 01", { of: "@3,@plc-1", direction: "received", hex: "01" }],
    ["@all-but 3 out login", { of: "@all-but 3", direction: "sent", text: "login" }],
    ["@all,!@3 x", { of: "@all-but 3", text: "x" }],
    ["text in", { text: "in" }],
    ["text /etc/", { text: "/etc/" }],
    ["text hex", { text: "hex" }],
    ["input", { text: "input" }],
    ["/etc", { text: "/etc" }],
    ["hexadecimal", { text: "hexadecimal" }],
  ])("has clients, a direction and a content: %s", (text, filter) => {
    expect(read(text)).toEqual(filter)
  })

  it.each<readonly [string, string]>([
    ["", "the filter has no condition"],
    ["text", "the filter has no text"],
    ["in hex", "the filter has no hex digits"],
    ["hex 0g", "is not a hex digit"],
    ["@", "recipient"],
  ])("that is wrong is refused: %o", (text, problem) => {
    const refusal = Either.getOrThrow(Either.flip(Assistant.parseFilter(text)))
    expect(refusal.message).toContain(problem)
  })

  it("keeps the clients apart, because they are resolved later", () => {
    const { clients, filter } = Either.getOrThrow(Assistant.parseFilter("@2 in"))
    expect(clients).toEqual(Assistant.onlyClient(ConnectionId.make(2)))
    expect(filter).toEqual({ direction: "received" })
  })
})

import { describe, expect, it } from "@effect/vitest"
import * as Either from "effect/Either"
import { Assistant, ConnectionId, tcpEndpoint, unixEndpoint } from "../../../src/domain/index.ts"

const { formatRecipients, nobody, parseRecipients, resolveRecipients } = Assistant

const entry = (id: number, host: string, name = "", ...tags: ReadonlyArray<string>): Assistant.RosterEntry => ({
  id: ConnectionId.make(id),
  name,
  tags: new Set(tags),
  remote: host === "" ? unixEndpoint("") : tcpEndpoint(host, 40_000 + id),
})

const roster = [
  entry(1, "10.0.0.7", "plc-1", "line1", "pump"),
  entry(2, "10.0.1.9", "plc-2", "line2"),
  entry(3, "::ffff:10.0.0.8", "panel", "line1"),
  entry(4, "fd00::7", "", "pump"),
  entry(5, "fe80::1%eth0", "3"),
  entry(6, "", "local"),
]

const found = (text: string, last?: number) => {
  const recipients = Either.getOrThrow(parseRecipients(text))
  return resolveRecipients(recipients, roster, last === undefined ? undefined : ConnectionId.make(last))
}
const problem = (text: string) => Either.getOrThrow(Either.flip(parseRecipients(text)))

describe("recipients", () => {
  it.each<readonly [string, ReadonlyArray<number>]>([
    ["@all", [1, 2, 3, 4, 5, 6]],
    ["all", [1, 2, 3, 4, 5, 6]],
    ["@3", [3]],
    ["@#3", [3]],
    ["3", [3]],
    ['@"3"', [5]],
    ["@plc-1", [1]],
    ["@tag:line1", [1, 3]],
    ["@tag:pump", [1, 4]],
    ["@10.0.0.0/8", [1, 2, 3]],
    ["@10.0.0.0/24", [1, 3]],
    ["@10.0.0.7", [1]],
    ["@::ffff:10.0.0.7", [1]],
    ["@::ffff:10.0.0.0/120", [1, 3]],
    ["@fd00::/8", [4]],
    ["@fe80::/10", [5]],
    ["@fe80::1", [5]],
    ["@0.0.0.0/0,::/0", [1, 2, 3, 4, 5]],
    ["@last", [2]],
    ["@plc-2,@plc-1,2", [1, 2]],
    [" @plc-1 , @tag:line2 ", [1, 2]],
    ["@all-but 3", [1, 2, 4, 5, 6]],
    ["@all-but 3,tag:pump", [2, 5, 6]],
    ["all-but @3, @4", [1, 2, 5, 6]],
    ["@tag:line1,!@panel", [1]],
    ["@10.0.0.0/8,!10.0.0.0/24", [2]],
  ])("%s are the clients %j", (text, ids) => {
    expect(found(text, 2)).toEqual({ ids, unmatched: [] })
  })

  it.each<readonly [string, ReadonlyArray<number>, ReadonlyArray<string>]>([
    ["@PLC-1", [], ["@PLC-1"]],
    ["@9,plc-1,@tag:x", [1], ["@9", "@tag:x"]],
    ["@all-but plc-9", [1, 2, 3, 4, 5, 6], ["!@plc-9"]],
    ["@192.0.2.0/24", [], ["@192.0.2.0/24"]],
  ])("%s are the clients %j, and %j match none", (text, ids, unmatched) => {
    expect(found(text, 2)).toEqual({ ids, unmatched })
  })

  it("@last matches no client before any client has sent something", () => {
    expect(found("@last,1")).toEqual({ ids: [1], unmatched: ["@last"] })
  })

  it("an empty name matches no client, and an invalid range matches no client", () => {
    const odd: Assistant.Recipients = {
      _tag: "Recipients",
      some: [
        { _tag: "Name", name: "" },
        { _tag: "Network", range: "10.0.0.0/99" },
      ],
      but: [],
    }
    expect(resolveRecipients(odd, roster, undefined)).toEqual({ ids: [], unmatched: ['@""', "@10.0.0.0/99"] })
  })

  it.each([
    ["@all", "@all"],
    ["all", "@all"],
    ["3,@#4", "@3,@4"],
    ['@"plc-1"', "@plc-1"],
    ['@"3"', '@"3"'],
    ['@"10.0.0.7"', '@"10.0.0.7"'],
    ['@"10.0"', '@"10.0"'],
    ['@"::1"', '@"::1"'],
    ['@"all"', '@"all"'],
    ['@"tag:x"', '@"tag:x"'],
    ['@"two words"', '@"two words"'],
    ['@tag:"two words"', '@tag:"two words"'],
    ["@tag:3", "@tag:3"],
    ["@泵", "@泵"],
    ["@all-but 3, plc-1", "@all-but 3,plc-1"],
    ["@all,!3", "@all-but 3"],
    ["@tag:x,!3", "@tag:x,!@3"],
    ["@10.0.0.0/8", "@10.0.0.0/8"],
  ])("%s is written %s", (text, written) => {
    expect(formatRecipients(Either.getOrThrow(parseRecipients(text)))).toBe(written)
  })

  it.each<readonly [string, number, string]>([
    ["", 0, "a recipient is missing, at character 1"],
    ["@", 1, "a recipient is missing, at character 2"],
    ["@3,", 3, "a recipient is missing, at character 4"],
    ["@3,,4", 3, "a recipient is missing, at character 4"],
    ["@3 @4", 3, "a comma is missing before the next recipient, at character 4"],
    ["@0", 1, "0 is not the number of a client, at character 2"],
    ["@007", 1, "007 is not the number of a client, at character 2"],
    ["@99999999999999999999", 1, "99999999999999999999 is not the number of a client, at character 2"],
    ["@10.0", 1, '"10.0" is not a range of addresses: "10.0" is not an IP address, at character 2'],
    [
      "@10.0.0.0/33",
      1,
      '"10.0.0.0/33" is not a range of addresses: the prefix "33" is not a number from 0 to 32, at character 2',
    ],
    ["@1.2.3.4.5", 1, '"1.2.3.4.5" is not a range of addresses: "1.2.3.4.5" is not an IP address, at character 2'],
    [
      "@fe80::1%eth0",
      1,
      '"fe80::1%eth0" is not a range of addresses: a range cannot have a zone; remove the % and what follows it, at character 2',
    ],
    [
      "@1,@two/3",
      4,
      "@two/3 names a client of another server, which only commands of that server reach, at character 5",
    ],
    ["@two/0", 1, '"two/0" is not a range of addresses: "two" is not an IP address, at character 2'],
    ["@tags:x", 1, '"tags:" is not a kind of recipient (did you mean "tag:"?), at character 2'],
    ["@tag:", 5, "the tag is missing, at character 6"],
    ["@tag:a*b", 6, 'a tag with "*" needs quotation marks, at character 7'],
    ["@plc*", 4, 'a name with "*" needs quotation marks, at character 5'],
    ["@-x", 1, 'a name with "-" needs quotation marks, at character 2'],
    ['@""', 0, "the name is empty, at character 1"],
    ['@tag:""', 1, "the tag is empty, at character 2"],
    ['@"plc', 1, "the quotation mark is not closed, at character 2"],
    ['@"a\\q"', 3, "the escape is unknown or incomplete, at character 4"],
    ["@all-but", 8, "all-but needs the clients to exclude, at character 9"],
    ["@all-but !3", 9, 'a "!" is not allowed after all-but, which excludes all of these, at character 10'],
    ["@3,all-but 4", 3, "all-but must precede all other recipients, at character 4"],
    ["!3", 0, "the recipients only exclude clients, at character 1"],
    ["@泵,,", 3, "a recipient is missing, at character 4"],
  ])("%s is refused at %i: %s", (text, at, message) => {
    expect(problem(text)).toMatchObject({ _tag: "Refusal", reason: "syntax", at, message })
  })

  it("a refusal says how to write a name that reads as something else", () => {
    expect(problem("@007").advice).toBe('Write @"007" for a client with this name.')
    expect(problem("@10.0").advice).toBe('Write @"10.0" for a client with this name.')
    expect(problem("@plc*").advice).toBe('Such as @"plc*".')
  })

  it.each([
    ["@all", "no client is connected"],
    ["@plc-9,@tag:x", "no client matches @plc-9, @tag:x"],
    ["@all-but @all", "@all-but all leaves no client"],
  ])("where %s mean nobody, the refusal is: %s", (text, message) => {
    const recipients = Either.getOrThrow(parseRecipients(text))
    const { ids, unmatched } = resolveRecipients(recipients, text === "@all" ? [] : roster, undefined)
    expect(ids).toEqual([])
    expect(nobody(recipients, unmatched)).toMatchObject({ reason: "nobody", field: "to", message })
  })
})

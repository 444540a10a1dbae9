import { describe, expect, it } from "@effect/vitest"
import * as Either from "effect/Either"
import { Assistant } from "../../../src/domain/index.ts"

const { parseCommand } = Assistant

const text = (content: string, more: Partial<Assistant.PayloadSpec> = {}) => ({
  payload: { form: "text", content, ...more },
})
const hex = (content: string, more: Partial<Assistant.PayloadSpec> = {}) => ({
  payload: { form: "hex", content, ...more },
})
const problem = (line: string) => Either.getOrThrow(Either.flip(parseCommand(line)))

describe("a rule in one line", () => {
  const reply = (content: string, more: Partial<Assistant.PayloadSpec> = {}) => ({
    _tag: "Reply",
    ...text(content, more),
  })
  const contains = { _tag: "Contains", text: "login" }

  it.each<readonly [string, object]>([
    [
      'rule hello when contains "login" from @tag:x after 500ms times 3 reply text ok\\n',
      { name: "hello", match: contains, from: "@tag:x", delay: 500, count: 3, actions: [reply("ok\\n")] },
    ],
    ["rule hello when contains login reply ok", { name: "hello", match: contains, actions: [reply("ok")] }],
    [
      "rule hello off when contains login close",
      { name: "hello", match: contains, enabled: false, actions: [{ _tag: "Close" }] },
    ],
    [
      'rule a when equals "a\\r\\n" reply "say \\"hi\\"\\n" then tag seen then rename "new one" then reset',
      {
        name: "a",
        match: { _tag: "Equals", text: "a\r\n" },
        actions: [
          reply('say \\"hi\\"\\n'),
          { _tag: "Tag", tag: "seen" },
          { _tag: "Rename", name: "new one" },
          { _tag: "Reset" },
        ],
      },
    ],
    [
      "rule a when regex /^id=(\\d+)/i reply hello ${1}",
      { name: "a", match: { _tag: "Regex", source: "^id=(\\d+)", ignoreCase: true }, actions: [reply("hello ${1}")] },
    ],
    ...(
      [
        ["reply ok  then close", [reply("ok"), { _tag: "Close" }]],
        [
          "reply hex 01 03 then tag y",
          [
            { _tag: "Reply", ...hex("01 03") },
            { _tag: "Tag", tag: "y" },
          ],
        ],
        ["reply wait, then closed", [reply("wait, then closed")]],
        ["reply -- ok then close", [reply("ok then close")]],
      ] as const
    ).map(
      ([actions, values]) =>
        [
          `rule a when starts x ${actions}`,
          { name: "a", match: { _tag: "Starts", text: "x" }, actions: values },
        ] as const,
    ),
    [
      "rule a when regex /a\\/b/ close",
      { name: "a", match: { _tag: "Regex", source: "a\\/b" }, actions: [{ _tag: "Close" }] },
    ],
    [
      "rule a when hex 78 78 ?? 01 * reply hex checksum=modbus 01 03",
      {
        name: "a",
        match: { _tag: "Hex", pattern: "78 78 ?? 01 *" },
        actions: [{ _tag: "Reply", ...hex("01 03", { checksum: { kind: "modbus" } }) }],
      },
    ],
    [
      "rule a when hex 7878??01* close",
      { name: "a", match: { _tag: "Hex", pattern: "7878??01*" }, actions: [{ _tag: "Close" }] },
    ],
    [
      "rule a when starts GET from @all-but 3 after 1 reply -- then",
      { name: "a", match: { _tag: "Starts", text: "GET" }, from: "@all-but 3", delay: 1000, actions: [reply("then")] },
    ],
    [
      'rule a when starts x reply content="a\\nb" then close',
      { name: "a", match: { _tag: "Starts", text: "x" }, actions: [reply("a\nb"), { _tag: "Close" }] },
    ],
  ])("%s", (line, rule) => {
    expect(parseCommand(line)).toEqual(Either.right({ _tag: "AddRule", rule }))
  })

  it.each<readonly [string, number, string]>([
    ["rule", 4, "a rule needs a name, at character 5"],
    ["rule a", 6, '"when" and a match are missing, at character 7'],
    ["rule a wen contains x close", 7, '"when" and a match are missing (did you mean "when"?), at character 8'],
    ["rule a when", 11, "a match is missing; expected contains, equals, starts, regex, hex, at character 12"],
    [
      "rule a when cntains x close",
      12,
      '"cntains" is not a match; expected contains, equals, starts, regex, hex (did you mean "contains"?), at character 13',
    ],
    ["rule a when contains x", 22, "an action is missing; expected reply, close, reset, rename, tag, at character 23"],
    [
      "rule a when contains x replay ok",
      23,
      '"replay" is not an action; expected reply, close, reset, rename, tag (did you mean "reply"?), at character 24',
    ],
    ["rule a when contains x when contains y close", 23, '"when" is given twice, at character 24'],
    ["rule a when contains x off on close", 27, '"on" is given twice, at character 28'],
    ["rule a when contains x after soon close", 29, "after soon is not a duration, at character 30"],
    ["rule a when contains x times 1.5 close", 29, "times 1.5 is not a whole number from 1 up, at character 30"],
    ["rule a when regex ^x close", 18, "a regular expression needs slashes around it, at character 19"],
    ["rule a when regex /x/g close", 21, 'the flag "g" is unknown; the only flag is i, at character 22'],
    ["rule a when contains x close now", 29, '"then" is missing before the next action, at character 30'],
    [
      'rule a when contains x reply "ok then close',
      29,
      "the quotation mark is not closed, or no blank follows the closing one, at character 30",
    ],
  ])("%s is refused at %i: %s", (line, at, message) => {
    expect(problem(line)).toMatchObject({ reason: "syntax", at, message })
  })
})

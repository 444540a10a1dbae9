import { readFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { encodingNames, loadEncoding, parseProject } from "../../src/assistant/index.ts"
import { checksums } from "../../src/domain/assistant/checksumTable.ts"
import { Assistant, ConnectionId, tcpEndpoint } from "../../src/domain/index.ts"

const root = fileURLToPath(new URL("../..", import.meta.url))
const page = readFileSync(join(root, "docs", "assistant.md"), "utf8")

/** The blocks of code of one kind. */
const blocks = (kind: string) =>
  Array.from(page.matchAll(new RegExp(`^\`\`\`${kind}\n(.*?)^\`\`\`$`, "gms")), ([, body]) => body ?? "")

/** The rows of the table below a heading row, as cells. */
const table = (heading: string): ReadonlyArray<ReadonlyArray<string>> => {
  const rows =
    page
      .slice(page.indexOf(`${heading}\n`))
      .split("\n\n", 1)[0]
      ?.split("\n") ?? []
  return rows.slice(2).map((row) =>
    row
      .slice(2, -2)
      .split(/ (?<!\\)\| /)
      .map((cell) => cell.replaceAll("\\|", "|")),
  )
}
const code = (text: string) => `\`${text}\``
const plain = (cell = "") => cell.replace(/^`(.*)`$/, "$1")

describe("the page about the assistant", () => {
  it("has every command, question, variable, checksum and encoding", () => {
    expect(table("| command | what it does | for |")).toEqual(
      Assistant.commandHelp.map(({ form, kind, what }) => [code(form), what, kind]),
    )
    expect(table("| question | answer |")).toEqual(Assistant.questionHelp.map(({ form, what }) => [code(form), what]))
    expect(table("| variable | value |")).toEqual(
      Assistant.variableHelp.map(({ name, what }) => [code(`\${${name}}`), what]),
    )
    const digits = new TextEncoder().encode("123456789")
    expect(table("| name | bytes | order | check |")).toEqual(
      Array.from(checksums.values(), ({ compute, name, order, width }) => [
        code(name),
        String(width),
        order,
        code(
          compute(digits)
            .toString(16)
            .toUpperCase()
            .padStart(2 * width, "0"),
        ),
      ]),
    )
    expect(page).toContain(`\n${encodingNames.map(code).join(", ")}.\n`)
  })

  it("has the programs that are run as tests of the examples", () => {
    const programs = blocks("ts")
    const files = ["greeter", "follower", "windows"].map((name) =>
      readFileSync(join(root, "examples", `${name}.ts`), "utf8"),
    )
    expect(programs).toEqual(files)
  })

  it("has only valid recipients", () => {
    const written = table("| recipient | the clients |").map(([cell]) => plain(cell))
    expect(written.length).toBeGreaterThan(10)
    for (const text of written) expect([text, Either.isRight(Assistant.parseRecipients(text))]).toEqual([text, true])
  })

  it("has only valid commands, and rules that match", () => {
    const lines = blocks("command").flatMap((block) => block.trim().split("\n"))
    expect(lines.length).toBeGreaterThan(25)
    for (const line of lines) {
      const command = Assistant.parseCommand(line)
      expect([line, Either.isRight(command)]).toEqual([line, true])
      if (Either.isLeft(command)) continue
      expect(Assistant.parseCommand(Assistant.formatCommand(command.right))).toEqual(command)
      if (command.right._tag !== "AddRule") continue
      expect([line, Either.isRight(Assistant.compileMatch(command.right.rule.match))]).toEqual([line, true])
    }
    // Each verb with more arguments than a name has an example.
    const shown = new Set(lines.map((line) => line.split(" ")[0]))
    for (const { form, verb } of Assistant.commandHelp) {
      if (form.split(" ").length > 3) expect([verb, shown.has(verb)]).toEqual([verb, true])
    }
  })

  it.effect("has the bytes that each payload really sends", () =>
    Effect.gen(function* () {
      const client = { id: ConnectionId.make(7), name: "plc-1", remote: tcpEndpoint("192.0.2.7", 502) }
      const values: Assistant.VariableValues = { now: 0, counter: 1, randomDigit: () => 0, client }
      const rows = table("| as written | bytes |")
      expect(rows.length).toBeGreaterThan(12)
      for (const [line, bytes] of rows) {
        const command = yield* Assistant.parseCommand(plain(line))
        if (command._tag !== "Send") throw new Error(line)
        const made = yield* Assistant.makePayload(command.payload, {
          coder: yield* loadEncoding(command.payload.encoding ?? "utf-8"),
          variable: (name, argument) => Assistant.variableValue(values, name, argument),
          file: undefined,
        })
        expect([line, Assistant.shownHex(made, 1000).hex]).toEqual([line, plain(bytes)])
      }
    }),
  )

  it.effect("has a valid project file, and an error message as it is really shown", () =>
    Effect.gen(function* () {
      const [example = ""] = blocks("yaml")
      const { macros, repeats, rules } = yield* parseProject(example)
      expect([rules.length, repeats.length, macros.length]).toEqual([3, 1, 3])
      const { message } = yield* Effect.flip(parseProject(example.replace("times: 3", "times: many")))
      expect(page).toContain(`\`\`\`\n${message}\n\`\`\`\n`)
    }),
  )
})

import { readdirSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { describe, expect, it } from "@effect/vitest"
import { commandHelp } from "../../../src/domain/assistant/commandHelp.ts"
import { en } from "../../../src/web/ui/words/en.ts"
import { chineseCommands } from "../../../src/web/ui/words/zh/commands.ts"
import { zh } from "../../../src/web/ui/words/zh.ts"

/** The keys whose words are the same in both languages: names and examples. */
const same = new Set(["tls", "contentHex", "contentBase64", "formBase64", "toHint", "hexPatternHint", "timesHint"])

const isLatinOnly = (value: unknown): boolean => typeof value === "string" && /^[\x20-\x7e]*$/.test(value)

describe("the Chinese words", () => {
  it("are in Chinese, except names and examples", () => {
    const left = Object.entries(zh).filter(([name, value]) => isLatinOnly(value) && !same.has(name))
    expect(left).toEqual([])
  })

  it("say what each command does", () => {
    const left = commandHelp.filter(({ verb, what }) => zh.commandWhat(verb, what) === what)
    expect(left).toEqual([])
    expect(Object.keys(chineseCommands).toSorted()).toEqual(commandHelp.map(({ verb }) => verb).toSorted())
  })

  it("have a number wherever the English words have a number", () => {
    const counts = Object.entries(en).filter(([, value]) => typeof value === "function" && value.length === 1)
    expect(counts.length).toBeGreaterThan(10)
    const chinese: Readonly<Record<string, unknown>> = zh
    for (const [name] of counts) expect(typeof chinese[name]).toBe("function")
    expect(zh.dropped(2940)).toContain("2,940")
    expect(zh.recipients(3)).toContain("3")
  })
})

it("the page uses all of its words", () => {
  const folder = fileURLToPath(new URL("../../../src/web/ui", import.meta.url))
  const sources = readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((path) => /\.tsx?$/.test(path))
    .map((path) => readFileSync(`${folder}/${path}`, "utf8"))
    .join("\n")
  const used = new Set(Array.from(sources.matchAll(/\b(?:w|words\.value|words\.peek\(\))\.(\w+)/g), ([, name]) => name))
  expect(Object.keys(en).filter((name) => !used.has(name))).toEqual([])
})

it("the page writes an interval in the largest unit that divides it", () => {
  expect([1, 1500, 90_000, 120_000, 7_200_000].map(en.everyMillis)).toEqual([
    "every 1 ms",
    "every 1500 ms",
    "every 90 s",
    "every 2 min",
    "every 2 h",
  ])
  expect(zh.everyMillis(3_600_000)).toBe("每 1 小时")
})

import { readdirSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { describe, expect, it } from "@effect/vitest"
import * as Either from "effect/Either"
import { Assistant as Domain, describeCloseReason, Framing, parseListenEndpoint } from "../../../src/domain/index.ts"
import { problem } from "../../../src/web/ui/words/zh/problems.ts"
import { chineseAdvice, chineseMessage } from "../../../src/web/ui/words/zh/refusals.ts"

const sources = (folder: string): string => {
  const path = fileURLToPath(new URL(`../../../src/${folder}`, import.meta.url))
  return readdirSync(path, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts") && !file.startsWith("project"))
    .map((file) => readFileSync(`${path}/${file}`, "utf8"))
    .join("\n")
}

const literal = /("(?:[^"\\\n]|\\.)* (?:[^"\\\n]|\\.)*"|'[^'\n]* [^'\n]*'|`[^`]* [^`]*`)/.source

// The functions that make a refusal, up to the message or a part of it. A message has a blank.
const refusing = /\b(?:refuseAt|refuse|refusal|bad|needWord|unknown)\((?:[^"`;()]|\([^()]*\)|"[^" ]*")*?/.source

const advising = /advice(?: =|:)\s*/.source

/** The texts in the sources that follow a pattern. */
const textsBehind = (pattern: string): ReadonlyArray<string> =>
  [...(sources("domain/assistant") + sources("assistant")).matchAll(new RegExp(pattern + literal, "gi"))].map(
    ([, text]) => (text ?? "").slice(1, -1).replaceAll(/\\(.)/g, "$1"),
  )

// Texts that stand for an expression in a message.
const parts = [
  "the pattern is empty",
  "the 2 bytes of the checksum exceed the end of the payload of 1 bytes",
  "write x for a literal y",
  "crc:x",
]

/** The texts of a template literal, with each combination of some values in the places of its expressions. */
const filled = (template: string): ReadonlyArray<string> => {
  const [first = "", ...others] = template.replace(/\$\{[^}]*$/, "").split(/\$\{(?:[^{}]|\{[^{}]*\})*\}/)
  const values = ["", "1", '"x"', "name", "rule", "server", "a tag", "\u0024{x}", ...parts]
  return others.reduce<ReadonlyArray<string>>(
    (texts, part) => texts.flatMap((text) => values.map((value) => text + value + part)),
    [first],
  )
}

const hasChinese = (text: string): boolean =>
  // Some texts are a part of a message: what is missing, or what is wrong with a value.
  [chineseMessage(text), chineseAdvice(text)].some((chinese) => chinese !== undefined) ||
  problem(text) !== text ||
  /需要\p{Script=Han}/u.test(chineseMessage(`x needs ${text}`) ?? "")

const refusalOf = (line: string, kind: "server" | "client" = "server"): Domain.Refusal =>
  Either.getOrThrow(Either.flip(Domain.parseCommand(line, kind)))

describe("the refusals of the assistant in Chinese", () => {
  it("have a message for each message in the sources", () => {
    const texts = textsBehind(refusing)
    expect(texts.length).toBeGreaterThan(60)
    const missing = texts.filter((text) => !filled(text).some(hasChinese))
    expect(missing).toEqual([])
  })

  it("have advice for each advice in the sources", () => {
    const texts = textsBehind(advising)
    expect(texts.length).toBeGreaterThan(20)
    const missing = texts.filter((text) => !filled(text).some((advice) => chineseAdvice(advice) !== undefined))
    expect(missing).toEqual([])
  })

  it.each([
    ["sen hello", '"sen" 不是命令（是否要写 send？）（第 1 个字符）。'],
    ["suspend now", "suspend 后面不能再有内容（第 9 个字符）。"],
    ["send @all-but", "all-but 需要写明要排除的客户端（第 14 个字符）。"],
    ["send chekcsum=modbus 01", "chekcsum= 不是设置（是否要写 checksum=？）（第 6 个字符）。"],
    ["send order=middle checksum=modbus 01", "order=middle 不存在，应为 big 或 little（第 12 个字符）。"],
    [
      "rule a when contain x reply y",
      '"contain" 不是条件，应为 contains, equals, starts, regex, hex（是否要写 contains？）（第 13 个字符）。',
    ],
    ["repeat every=2d x", "every=2d 不是时间（第 14 个字符）。"],
    ["send @10.0.0.0/99 x", '"10.0.0.0/99" 不是地址范围：前缀 "99" 不是 0 到 32 的数字（第 7 个字符）。'],
  ])("say what is wrong with the command: %s", (line, chinese) => {
    const { advice, message } = refusalOf(line)
    expect(chineseMessage(message)).toBe(chinese)
    if (advice !== undefined) expect(chineseAdvice(advice)).toMatch(/^\p{Script=Han}/u)
  })

  it("say what is wrong with a payload, and what would be right", () => {
    const payloads = (content: string, form: Domain.PayloadSpec["form"]) =>
      Either.getOrThrow(Either.flip(Domain.checkPayload({ form, content })))
    const hex = payloads("01 0g", "hex")
    expect(chineseMessage(hex.message)).toBe('"g" 不是十六进制数字（第 5 个字符）。')
    expect(chineseAdvice(hex.advice ?? "")).toMatch(/^十六进制每字节两位/)
    const variable = payloads("\u0024{clock}", "text")
    expect(chineseMessage(variable.message)).toBe("\u0024{clock} 不是变量（第 1 个字符）。")
    expect(chineseAdvice(variable.advice ?? "")).toMatch(/^变量：.*；要发送 \$\{ 本身请写/)
  })

  it("say what is wrong with an endpoint and a framing", () => {
    const messages = [Either.flip(parseListenEndpoint("127.0.0.1:70000")), Either.flip(Framing.parse("lines"))].map(
      (refused) => chineseMessage(Either.getOrThrow<{ readonly message: string }, unknown>(refused).message),
    )
    expect(messages).toEqual([
      '"127.0.0.1:70000" 不是有效的端点：端口 70000 大于 65535。',
      '"lines" 不是有效的分帧方式：名称不存在（是否要写 line？）。',
    ])
  })

  it("say why a connection ended", () => {
    expect(chineseMessage("the server closed the connection")).toBe("服务器关闭了连接。")
    const ended = { _tag: "HeartbeatLost", timeoutMillis: 5000 } as const
    expect(chineseMessage(`the connection ended: ${describeCloseReason(ended)}`)).toBe(
      "连接已断开：发出心跳后 5 s 内没有收到任何数据。",
    )
  })

  it("leave a message without Chinese to the reason", () => {
    expect(chineseMessage("the moon is in the way")).toBeUndefined()
    expect(chineseAdvice("wait for the sun")).toBeUndefined()
  })
})

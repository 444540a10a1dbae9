import * as fs from "node:fs"
import { tmpdir } from "node:os"
import { join, relative as relativePath } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { complete, type Known } from "../../../src/cli/console/complete.ts"

const known: Known = {
  kind: "server",
  recipients: ["@plc-1", "@plc-2", "@tag:line2", "@1", "@2"],
  macros: ["poll", "post"],
  rules: ["greet"],
}

/** The line after Tab at its end, and the candidates. */
const tab = (text: string, more: Partial<Known> = {}) => {
  const { candidates, place } = complete({ text, cursor: text.length }, { ...known, ...more })
  expect(place.cursor).toBe(place.text.length)
  return [place.text, candidates]
}

describe("Tab", () => {
  it("completes the commands of the window", () => {
    expect(tab("/cli")).toEqual(["/clients ", []])
    expect(tab("/con", { kind: "client" })).toEqual(["/connect ", []])
    expect(tab("/con")).toEqual(["/con", []])
    expect(tab("/recon", { kind: "client" })).toEqual(["/reconnect ", []])
    expect(tab("/mac")).toEqual(["/macro", ["/macro", "/macros"]])
  })

  it("completes recipients, as far as they have a beginning in common", () => {
    expect(tab("/kick @p")).toEqual(["/kick @plc-", ["@plc-1", "@plc-2"]])
    expect(tab("/kick @t")).toEqual(["/kick @tag:line2 ", []])
    expect(tab("/to @a")).toEqual(["/to @all ", []])
    expect(tab("/to @1,@t")).toEqual(["/to @1,@tag:line2 ", []])
  })

  it("completes values, macros and rules", () => {
    expect(tab("/view h")).toEqual(["/view hex ", []])
    expect(tab("/eol cr")).toEqual(["/eol cr", ["cr", "crlf"]])
    expect(tab("/run po")).toEqual(["/run po", ["poll", "post"]])
    expect(tab("/unrule ")).toEqual(["/unrule greet ", []])
    expect(tab("/encoding big")).toEqual(["/encoding big5 ", []])
    expect(tab("/checksum modb")).toEqual(["/checksum modbus ", []])
    expect(tab("/help cl")).toEqual(["/help cl", ["clear", "clients"]])
  })

  it("leaves text that is sent alone", () => {
    expect(tab("hello @p")).toEqual(["hello @p", []])
    expect(tab("//cli")).toEqual(["//cli", []])
    expect(tab("/nothing x")).toEqual(["/nothing x", []])
  })

  it("keeps the text after the cursor", () => {
    expect(complete({ text: "/vi hex", cursor: 3 }, known).place).toEqual({ text: "/view  hex", cursor: 6 })
  })

  it.scoped("completes files, without names that have control characters", () =>
    Effect.gen(function* () {
      const folder = yield* Effect.acquireRelease(
        Effect.sync(() => fs.mkdtempSync(join(tmpdir(), "tcpfx-complete-"))),
        (path) => Effect.sync(() => fs.rmSync(path, { recursive: true })),
      )
      fs.writeFileSync(join(folder, "one.bin"), "")
      fs.writeFileSync(join(folder, "one\u001b[2J"), "")
      fs.mkdirSync(join(folder, "two"))
      expect(tab(`/file @1 ${folder}/o`)).toEqual([`/file @1 ${folder}/one.bin `, []])
      expect(tab(`/send @1 file ${folder}/t`)).toEqual([`/send @1 file ${folder}/two/`, []])
      const relative = `./${join(relativePath(process.cwd(), folder), "o")}`
      expect(tab(`/file ${relative}`)).toEqual([`/file ${relative}ne.bin `, []])
      expect(tab(`/log ${folder}/none/`)).toEqual([`/log ${folder}/none/`, []])
    }),
  )
})

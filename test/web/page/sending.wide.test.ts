import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { describe, expect, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type { Page } from "playwright-core"
import { Framing, tcpEndpoint } from "../../../src/domain/index.ts"
import { dialRaw } from "../../support/rawPeer.ts"
import { haveBrowser, step, TestBrowser } from "../support/browser.ts"
import { clientControls, listeningPage, rows, sendMessage, type WindowsOptions } from "../support/windows.ts"

/** A server window with one raw client. */
const withPeer = (options: WindowsOptions = {}) =>
  Effect.gen(function* () {
    const { page, port } = yield* listeningPage(options)
    const peer = yield* dialRaw(tcpEndpoint("127.0.0.1", port))
    yield* step(() => clientControls(page).option(1).waitFor())
    return { page, peer }
  })

const box = (page: Page) => page.getByLabel("Message", { exact: true })
const form = (page: Page, name: "text" | "hex" | "base64" | "file") => page.getByLabel("Format").selectOption(name)
const preview = (page: Page, text: string) => page.locator(".preview").filter({ hasText: text }).waitFor()

const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "tcpfx-page-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true })),
)

describe.skipIf(!haveBrowser())("the send box", () => {
  layer(TestBrowser.layer, { excludeTestServices: true })((it) => {
    it.scoped("shows the bytes before it sends them: hex with a checksum, base64, a file, an encoding, an ending", () =>
      Effect.gen(function* () {
        const { page, peer } = yield* withPeer()
        const path = join(yield* folder, "payload.bin")
        writeFileSync(path, Uint8Array.of(1, 2, 3))
        yield* step(async () => {
          await form(page, "hex")
          await box(page).fill("0x01,0x03 00:0A 0002")
          await page.getByLabel("Checksum", { exact: true }).selectOption("modbus")
          await preview(page, "01 03 00 0A 00 02 E4 09")
          await preview(page, "8 bytes")
          await page.getByRole("button", { name: "Send", exact: true }).click()
        })
        yield* peer.expect(Buffer.from("0103000a0002e409", "hex"))
        yield* step(async () => {
          await page.getByLabel("Checksum", { exact: true }).selectOption("")
          await form(page, "base64")
          await sendMessage(page, "AQIDBA==")
        })
        yield* peer.expect(Buffer.from("01020304", "hex"))
        yield* step(async () => {
          await form(page, "file")
          await sendMessage(page, path)
        })
        yield* peer.expect(Buffer.from("010203", "hex"))
        yield* step(async () => {
          await form(page, "text")
          await page.locator("#send-options").getByLabel("Encoding").selectOption("gbk")
          await page.getByLabel("Line ending").selectOption("crlf")
          await box(page).fill("温度")
          await preview(page, "CE C2 B6 C8 0D 0A")
          await page.getByRole("button", { name: "Send", exact: true }).click()
        })
        yield* peer.expect(Buffer.from("cec2b6c80d0a", "hex"))
        yield* step(async () => {
          await page.locator("#send-options").getByLabel("Encoding").selectOption("")
          await page.getByLabel("Line ending").selectOption("none")
          await sendMessage(page, "a\\x00\\n")
          await rows(page, "a\\0").last().waitFor()
          await page.getByLabel("Escapes").uncheck()
          await sendMessage(page, "\\n")
        })
        yield* peer.expect(Buffer.from("61000a5c6e", "hex"))
      }),
    )

    it.scoped("shows the number of recipients also while the message is invalid", () =>
      Effect.gen(function* () {
        const { page } = yield* withPeer()
        yield* step(async () => {
          await form(page, "hex")
          await box(page).fill("0g")
          await page.locator("#send-trouble").filter({ hasText: "not a hex digit" }).waitFor()
          await page.locator(".recipients").filter({ hasText: "1 client" }).waitFor()
          await page.getByLabel("To", { exact: true }).fill("@nobody")
          await page.locator(".recipients").filter({ hasText: "no client" }).waitFor()
          await page.locator("#send-trouble").filter({ hasText: "not a hex digit" }).waitFor()
        })
      }),
    )

    it.scoped("shows an error in the message, and its position, while the user types", () =>
      Effect.gen(function* () {
        const { page } = yield* withPeer()
        yield* step(async () => {
          await form(page, "hex")
          await box(page).fill("01 0x")
          const trouble = page.locator("#send-trouble")
          await trouble.filter({ hasText: /hex/ }).waitFor()
          await trouble.filter({ hasText: /character \d/ }).waitFor()
          expect(await box(page).getAttribute("aria-invalid")).toBe("true")
          await box(page).fill("01 02")
          await trouble.waitFor({ state: "hidden" })
          await page.getByLabel("Checksum", { exact: true }).selectOption("crc:")
          await page.getByLabel("CRC by parameters").fill("crc:nonsense")
          await trouble.filter({ hasText: /crc/i }).waitFor()
          await page.getByLabel("To", { exact: true }).fill("@10.0.0.0/99")
          await trouble.filter({ hasText: "10.0.0.0/99" }).waitFor()
        })
      }),
    )

    it.scoped("shows earlier messages with Up, and the draft with Down", () =>
      Effect.gen(function* () {
        const { page, peer } = yield* withPeer()
        yield* step(async () => {
          await box(page).fill("first")
          await box(page).press("Control+Enter")
          await rows(page, "first").waitFor()
          await form(page, "hex")
          await box(page).fill("02")
          await box(page).press("Control+Enter")
          await rows(page, "\\x02").waitFor()
          await form(page, "text")
          await box(page).fill("a draft")
          await box(page).press("ArrowUp")
          await page.waitForFunction("document.querySelector('#message').value === '02'")
          expect(await page.getByLabel("Format").inputValue()).toBe("hex")
          await box(page).press("ArrowUp")
          await page.waitForFunction("document.querySelector('#message').value === 'first'")
          await box(page).press("ArrowDown")
          await box(page).press("ArrowDown")
          await page.waitForFunction("document.querySelector('#message').value === 'a draft'")
        })
        yield* peer.expect("first\u0002")
      }),
    )

    it.scoped("shows a running repeat with its count and a button that stops it", () =>
      Effect.gen(function* () {
        const { page, peer } = yield* withPeer()
        yield* step(async () => {
          await box(page).fill("tick")
          await page.getByLabel("Every").fill("5")
          await page.getByLabel("times").fill("3")
          await page.getByRole("button", { name: "Repeat", exact: true }).click()
        })
        yield* peer.expect("tickticktick")
        yield* step(async () => {
          await page.locator(".repeats").waitFor({ state: "hidden" })
          await page.getByLabel("times").fill("")
          await box(page).fill("tock")
          await page.getByRole("button", { name: "Repeat", exact: true }).click()
        })
        yield* peer.take(40)
        yield* step(async () => {
          const strip = page.locator(".repeats li")
          await strip.filter({ hasText: "tock" }).waitFor()
          await strip.filter({ hasText: /\d+ sent/ }).waitFor()
          await page.getByLabel("Every").fill("0")
          await page.getByRole("button", { name: "Repeat", exact: true }).click()
          const trouble = page.locator("#send-trouble").filter({ hasText: "1 to 86400000" })
          await trouble.waitFor()
          // The error stays while new states arrive. The count proves that they arrive.
          const sent = await strip.locator(".repeat-sent").textContent()
          await strip
            .locator(".repeat-sent")
            .filter({ hasNotText: sent ?? "" })
            .waitFor()
          expect(await trouble.isVisible()).toBe(true)
          await page.getByRole("button", { name: /Stop repeat/ }).click()
          await strip.waitFor({ state: "hidden" })
        })
      }),
    )

    it.scoped("saves a macro, sends it, copies it to the send box, and writes the project file", () =>
      Effect.gen(function* () {
        const saved: Array<string> = []
        const { page, peer } = yield* withPeer({
          saved: (path) =>
            Effect.sync(() => {
              saved.push(path ?? "tcpfx.yaml")
              return "tcpfx.yaml"
            }),
        })
        yield* step(async () => {
          await page.getByRole("tab", { name: "Macros" }).click()
          await page.getByText("A macro is a message with a name.").waitFor()
          await form(page, "hex")
          await box(page).fill("01 02")
          await page.getByLabel("Name of the macro").fill("read")
          await page.getByRole("button", { name: "Save the message" }).click()
          await page.getByRole("tab", { name: "Macros 1" }).waitFor()
          await box(page).fill("")
          await page.locator(".card").getByRole("button", { name: "Send" }).click()
        })
        yield* peer.expect(Buffer.from("0102", "hex"))
        yield* step(async () => {
          await page.getByRole("button", { name: "Edit the message" }).click()
          expect(await box(page).inputValue()).toBe("01 02")
          await page.getByRole("button", { name: "Save rules and macros" }).click()
          await page.getByText("Saved in tcpfx.yaml.").waitFor()
          await page.getByRole("button", { name: "Remove: read" }).click()
          await page.getByText("A macro is a message with a name.").waitFor()
        })
        expect(saved).toEqual(["tcpfx.yaml"])
      }),
    )

    it.scoped("makes replies by a rule that the user has tested before saving", () =>
      Effect.gen(function* () {
        const { page, peer } = yield* withPeer()
        yield* step(async () => {
          await page.getByRole("tab", { name: "Rules" }).click()
          await page.getByRole("button", { name: "New rule" }).click()
          const editor = page.locator(".rule-editor")
          await editor.getByLabel("Name").fill("login")
          await editor.getByLabel("When a message").selectOption("Regex")
          await editor.getByLabel("Pattern").fill("user=(\\w+)")
          await editor.getByLabel("Test with").fill("nobody")
          await editor.getByText("It does not match.").waitFor()
          await editor.getByLabel("Test with").fill("user=ann")
          await editor.getByText('It matches and captures ${1} = "ann".').waitFor()
          await editor.getByLabel("Message", { exact: true }).fill("hello ${1}!")
          await editor.getByRole("button", { name: "Add an action" }).click()
          await editor.getByLabel("Action", { exact: true }).nth(1).selectOption("Tag")
          await editor.getByLabel("Tag").fill("seen")
          await editor.getByRole("button", { name: "Save the rule" }).click()
          await page.locator(".card").filter({ hasText: "login" }).waitFor()
        })
        yield* peer.send("user=bob")
        yield* peer.expect("hello bob!")
        yield* step(async () => {
          await page.locator(".card").filter({ hasText: "acted once" }).waitFor()
          await rows(page, "hello bob!").filter({ hasText: "login" }).waitFor()
          await page.getByRole("tab", { name: "Clients" }).click()
          await clientControls(page).option(1).filter({ hasText: "seen" }).waitFor()
          await page.getByRole("tab", { name: "Rules 1" }).click()
          await page.getByLabel("Rule login is on").uncheck()
          await page.locator(".card-off").waitFor()
        })
        yield* peer.send("user=eve")
        yield* step(async () => {
          await rows(page, "user=eve").waitFor()
          expect(await rows(page, "hello eve!").count()).toBe(0)
          await page.getByRole("button", { name: "Remove: login" }).click()
          await page.getByText("A rule answers automatically").waitFor()
        })
      }),
    )

    it.scoped("refuses a payload that a line frame cannot contain, with the reason beside it", () =>
      Effect.gen(function* () {
        const { page } = yield* withPeer({ server: { settings: { frame: Framing.line } } })
        yield* step(async () => {
          await page.getByText("framing: line").waitFor()
          await sendMessage(page, "one\\ntwo")
          await page.locator("#send-trouble").filter({ hasText: /line/i }).waitFor()
        })
      }),
    )
  })
})

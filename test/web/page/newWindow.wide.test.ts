import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { describe, expect, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { tcpEndpoint } from "../../../src/domain/index.ts"
import { makeIdentity } from "../../support/certificates.ts"
import { dialRaw } from "../../support/rawPeer.ts"
import { haveBrowser, step, TestBrowser } from "../support/browser.ts"
import {
  connectTo,
  listeningPage,
  rows,
  serveWindows,
  startListening,
  statusText,
  violations,
} from "../support/windows.ts"

describe.skipIf(!haveBrowser())("the windows of the page", () => {
  layer(TestBrowser.layer, { excludeTestServices: true })((it) => {
    it.scoped("listen on further endpoints, each with a button that stops it", () =>
      Effect.gen(function* () {
        const { page, port } = yield* listeningPage()
        yield* step(async () => {
          const add = page.getByRole("button", { name: "Another endpoint" })
          const field = page.getByRole("textbox", { name: "Another endpoint" })
          await add.click()
          await field.fill(`127.0.0.1:${port}`)
          await page.keyboard.press("Enter")
          await page.locator(".form .trouble").filter({ hasText: "Cannot listen on" }).waitFor()
          expect(await field.getAttribute("aria-invalid")).toBe("true")
          expect(await page.getByLabel("Port").getAttribute("aria-invalid")).toBe("false")
          await page.keyboard.press("Escape")
          await field.waitFor({ state: "detached" })
          expect(await add.evaluate((node) => node === node.ownerDocument.activeElement)).toBe(true)
          await page.keyboard.press("Enter")
          await field.fill("127.0.0.1:0")
          await page.getByRole("button", { name: "Listen", exact: true }).click()
          await statusText(page, "listening on 2 endpoints").waitFor()
        })
        expect(yield* violations(page)).toEqual([])
        yield* dialRaw(tcpEndpoint("127.0.0.1", port))
        yield* step(async () => {
          await page.locator("#client-1").waitFor()
          await page.getByRole("button", { name: `Stop listening on 127.0.0.1:${port}` }).click()
          await page.getByRole("group", { name: `What happens to the clients of 127.0.0.1:${port}` }).waitFor()
          await page.getByRole("button", { name: "Close them" }).click()
          await rows(page, "#1 closed: kicked").waitFor()
          await statusText(page, /^listening on 127\.0\.0\.1:\d+$/).waitFor()
          expect(await page.getByLabel("Port").inputValue()).not.toBe(String(port))
        })
      }),
    )

    it.scoped("ask before they close a listener or a connection, in both languages and by keys", () =>
      Effect.gen(function* () {
        const { open } = yield* serveWindows()
        const page = yield* open()
        const port = yield* step(() => startListening(page))
        const chinese = yield* open({ locale: "zh-CN" })
        yield* step(async () => {
          await connectTo(page, port)
          await chinese.getByRole("button", { name: /^关闭 客户端/ }).focus()
          await chinese.keyboard.press("Enter")
          const question = chinese.getByRole("dialog", { name: /^关闭 客户端 .*？$/ })
          await question.getByText("它的连接会立即结束").waitFor()
          await chinese.keyboard.press("Escape")
          await question.waitFor({ state: "detached" })
          await statusText(page, "connected").waitFor()

          await page.getByRole("button", { name: /^Close Client/ }).click()
          await page.getByRole("dialog").getByText("Its connection ends at once").waitFor()
          // The button that cancels has the focus.
          await page.keyboard.press("Enter")
          await page.getByRole("dialog").waitFor({ state: "detached" })
          await page.getByRole("button", { name: "Disconnect" }).click()
          await statusText(page, "not connected").waitFor()
          await page.locator(".tab-current .dot-off").waitFor()
          // A window without listeners and connections closes without a question.
          await page.getByRole("button", { name: /^Close Client/ }).click()
          await page.locator(".tab").nth(1).waitFor({ state: "detached" })

          await page.getByRole("button", { name: /^Close Server/ }).click()
          await page.getByRole("dialog").getByText("Its listeners and its connections").waitFor()
        })
        expect(yield* violations(page)).toEqual([])
        yield* step(async () => {
          await page.keyboard.press("Tab")
          await page.keyboard.press("Enter")
          await page.getByText("No window is open.").waitFor()
        })
      }),
    )

    it.scoped("have their own settings, and show the reason for an invalid setting at its field", () =>
      Effect.gen(function* () {
        const folder = yield* Effect.acquireRelease(
          Effect.sync(() => mkdtempSync(join(tmpdir(), "tcpfx-window-"))),
          (path) => Effect.sync(() => rmSync(path, { recursive: true })),
        )
        const path = (name: string) => join(folder, name)
        const identity = yield* Effect.promise(() => makeIdentity())
        writeFileSync(path("server.pem"), identity.cert)
        writeFileSync(path("server.key"), Redacted.value(identity.key))
        const { open } = yield* serveWindows()
        const page = yield* open()
        yield* step(async () => {
          await page.getByLabel("New server window").click()
          await page.getByRole("button", { name: "New window with settings" }).click()
          const sheet = page.getByRole("dialog")
          const openIt = sheet.getByRole("button", { name: "Open the window" })
          const mistakes = [
            ["Framing", "lines", "did you mean line?"],
            ["Longest frame", "much", "is not a size"],
            ["Connection limit", "lots", "is not a count"],
            ["Idle timeout", "soon", "is not a"],
            ["TLS certificate, path", "/nowhere/cert.pem", "there is no such file"],
          ] as const
          for (const [field, text, problem] of mistakes) {
            await sheet.getByLabel(field).fill(text)
            await openIt.click()
            await sheet
              .locator(".setting", { hasText: field })
              .getByRole("alert")
              .filter({ hasText: problem })
              .waitFor()
            expect(await sheet.getByLabel(field).getAttribute("aria-invalid")).toBe("true")
            await sheet.getByLabel(field).fill("")
          }
          await sheet.getByLabel("Framing").fill("line")
          await sheet.getByLabel("Connection limit").fill("1")
          await sheet.getByLabel("TLS certificate, path").fill(path("server.pem"))
          await sheet.getByLabel("TLS key, path").fill(path("server.key"))
        })
        expect(yield* violations(page)).toEqual([])
        yield* step(async () => {
          await page.getByRole("dialog").getByRole("button", { name: "Open the window" }).click()
          await page.locator(".tab").nth(2).waitFor()
          await page.locator(".pill", { hasText: "framing: line" }).waitFor()
          await page.locator(".status .pill", { hasText: "TLS" }).waitFor()
        })
      }),
    )
  })
})

import { readFileSync } from "node:fs"
import { describe, expect, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type { Page } from "playwright-core"
import { Framing, tcpEndpoint } from "../../../src/domain/index.ts"
import { dialRaw } from "../../support/rawPeer.ts"
import { haveBrowser, step, TestBrowser } from "../support/browser.ts"
import {
  clientControls,
  listeningPage,
  rows,
  sendMessage,
  showWindow,
  type WindowsOptions,
} from "../support/windows.ts"

const lines: WindowsOptions = { server: { settings: { frame: Framing.line } } }

/** A server window with line frames and one raw client. */
const withPeer = (options: WindowsOptions = lines) =>
  Effect.gen(function* () {
    const { page, port } = yield* listeningPage(options)
    const peer = yield* dialRaw(tcpEndpoint("127.0.0.1", port))
    yield* step(() => clientControls(page).option(1).waitFor())
    return { page, peer }
  })

const someLines = (count: number, from = 0) =>
  Array.from({ length: count }, (_, index) => `line ${from + index}\n`).join("")

const count = (page: Page, text: string | RegExp) =>
  page.locator(".log-foot .figures").first().filter({ hasText: text }).waitFor()

const grid = (page: Page) => page.getByRole("grid", { name: "Log" })

describe.skipIf(!haveBrowser())("the log", () => {
  layer(TestBrowser.layer, { excludeTestServices: true })((it) => {
    it.scoped("stops following when the user scrolls up, counts the new rows, and follows again after End", () =>
      Effect.gen(function* () {
        const { page, peer } = yield* withPeer()
        yield* peer.send(someLines(200))
        yield* step(async () => {
          await rows(page, "line 199").waitFor()
          await grid(page).hover()
          await page.mouse.wheel(0, -600)
          await page.locator(".fresh").waitFor()
          await rows(page, /line 150$|line 150\d? *\d* B/)
            .first()
            .waitFor()
        })
        const before = yield* step(() => page.locator(".row-text").first().textContent())
        yield* peer.send(someLines(30, 200))
        yield* step(async () => {
          await page.getByRole("button", { name: /30 new/ }).waitFor()
          expect(await page.locator(".row-text").first().textContent()).toBe(before)
          await grid(page).press("End")
          await rows(page, "line 229").waitFor()
          await page.locator(".fresh").waitFor({ state: "hidden" })
        })
        yield* peer.send("at the end\n")
        yield* step(() => rows(page, "at the end").waitFor())
      }),
    )

    it.scoped.each([1280, 390])("stops following at a click on a row, in a page of %i px", (width) =>
      Effect.gen(function* () {
        const { page, peer } = yield* withPeer()
        yield* step(() => page.setViewportSize({ width, height: 740 }))
        yield* peer.send(someLines(100))
        yield* step(async () => {
          await rows(page, "line 99").click()
          await page.getByRole("button", { name: "Hex dump" }).waitFor()
        })
        const top = yield* step(() => rows(page, "line 99").boundingBox())
        yield* peer.send(someLines(30, 100))
        yield* step(async () => {
          await page.getByRole("button", { name: /30 new/ }).waitFor()
          expect((await rows(page, "line 99").boundingBox())?.y).toBe(top?.y)
        })
      }),
    )

    it.scoped("keeps following when the page grows and shrinks", () =>
      Effect.gen(function* () {
        const { page, peer } = yield* withPeer()
        yield* peer.send(someLines(100))
        for (const [height, last] of [
          [500, "lower"],
          [1000, "taller"],
        ] as const) {
          yield* step(() => page.setViewportSize({ width: 1280, height }))
          yield* peer.send(`${last}\n`)
          yield* step(async () => {
            await rows(page, last).waitFor()
            expect(await page.locator(".fresh").count()).toBe(0)
          })
        }
      }),
    )

    it.scoped("shows text, hex and both, and a selected row as a hex dump", () =>
      Effect.gen(function* () {
        const { page, peer } = yield* withPeer()
        yield* peer.send("AB\u00e9\n")
        yield* step(async () => {
          const row = page.locator(".row-received")
          await row.filter({ hasText: "ABé" }).waitFor()
          await page.getByRole("button", { name: "Hex", exact: true }).click()
          await row.filter({ hasText: "41 42 C3 A9" }).waitFor()
          expect(await row.textContent()).not.toContain("ABé")
          await page.getByRole("button", { name: "Both", exact: true }).click()
          await row.filter({ hasText: "41 42 C3 A9" }).filter({ hasText: "ABé" }).waitFor()
          await row.click()
          await page.locator(".dump").filter({ hasText: "00000000  41 42 C3 A9" }).waitFor()
          await page.getByRole("button", { name: "Text", exact: true }).click()
          await page.locator(".dump").waitFor({ state: "hidden" })
          await page.getByRole("button", { name: "Hex dump" }).click()
          await page.locator(".dump").waitFor()
        })
      }),
    )

    it.scoped("filters by text, regular expression, hex and direction", () =>
      Effect.gen(function* () {
        const { page, peer } = yield* withPeer()
        yield* peer.send("apple 1\nbanana 2\napple 3\n")
        yield* step(async () => {
          await rows(page, "apple 3").waitFor()
          await sendMessage(page, "apple sent")
          await rows(page, "apple sent").waitFor()
          const filter = page.getByLabel("Filter the log")
          await filter.fill("APPLE")
          await count(page, /^3 rows$/)
          await rows(page, "banana").waitFor({ state: "hidden" })
          await page.getByLabel("Direction").selectOption("received")
          await count(page, /^2 rows$/)
          await page.getByLabel("Type of the filter").selectOption("regex")
          await filter.fill("^b.*2")
          await count(page, /^1 row$/)
          await rows(page, "banana 2").waitFor()
          await filter.fill("(")
          await page
            .locator(".log > .trouble")
            .filter({ hasText: /regular expression|pattern/i })
            .waitFor()
          await page.getByLabel("Type of the filter").selectOption("hex")
          await filter.fill("20 33")
          await rows(page, "apple 3").waitFor()
          await count(page, /^1 row$/)
          await filter.fill("FF FF")
          await page.getByText("No row matches.").waitFor()
          await page.getByRole("button", { name: "Show all rows" }).click()
          await rows(page, "banana 2").waitFor()
        })
      }),
    )

    it.scoped("finds matches among all rows, and jumps from match to match", () =>
      Effect.gen(function* () {
        const { page, peer } = yield* withPeer()
        yield* peer.send(`${someLines(300)}needle A\n${someLines(300, 300)}needle B\n${someLines(300, 600)}`)
        yield* step(async () => {
          await rows(page, "line 899").waitFor()
          await page.getByRole("button", { name: "Show matches only" }).click()
          await page.getByLabel("Find in the log").fill("needle")
          await page.locator(".finder").filter({ hasText: "2" }).waitFor()
          await page.getByRole("button", { name: "Previous match" }).click()
          await rows(page, "needle B").and(page.locator("[aria-selected=true]")).waitFor()
          await rows(page, "line 599").waitFor()
          await page.getByRole("button", { name: "Previous match" }).click()
          await rows(page, "needle A").and(page.locator("[aria-selected=true]")).waitFor()
          await page.locator(".finder").filter({ hasText: "1 / 2" }).waitFor()
          await page.getByRole("button", { name: "Next match" }).click()
          await rows(page, "needle B").waitFor()
        })
      }),
    )

    it.scoped("is paused, resumed and cleared", () =>
      Effect.gen(function* () {
        const { page, peer } = yield* withPeer()
        yield* peer.send("one\n")
        yield* step(async () => {
          await rows(page, "one").waitFor()
          await page.getByRole("button", { name: "Pause", exact: true }).click()
        })
        yield* peer.send("two\nthree\n")
        yield* step(async () => {
          await page.getByRole("button", { name: /2 new/ }).waitFor()
          expect(await rows(page, "two").count()).toBe(0)
          await page.getByRole("button", { name: "Resume", exact: true }).click()
          await rows(page, "three").waitFor()
          await page.getByRole("button", { name: "Clear" }).click()
          await page.getByText("The log is empty.").waitFor()
        })
        yield* peer.send("four\n")
        yield* step(async () => {
          await rows(page, "four").waitFor()
          await page.getByRole("button", { name: "Pause", exact: true }).click()
          // A paused window still has its rows after the user shows another window.
          await showWindow(page, "Client")
          await showWindow(page, "Server")
          await rows(page, "four").waitFor()
          await page.getByRole("button", { name: "Clear" }).click()
          await rows(page, "four").waitFor({ state: "detached" })
        })
        yield* peer.send("five\n")
        yield* step(async () => {
          await page.getByRole("button", { name: /^1 new/ }).waitFor()
          expect(await rows(page, "five").count()).toBe(0)
        })
      }),
    )

    it.scoped("copies the selected rows, and saves in every format", () =>
      Effect.gen(function* () {
        const { page, peer } = yield* withPeer()
        yield* peer.send("first\nsecond\nthird\n")
        yield* step(async () => {
          await page.context().grantPermissions(["clipboard-read", "clipboard-write"])
          await rows(page, "third").waitFor()
          await rows(page, "first").click()
          await rows(page, "second").click({ modifiers: ["Shift"] })
          await grid(page).press("Control+c")
          await page.getByText("2 rows are copied.").waitFor()
          const copied = await page.evaluate<string>("navigator.clipboard.readText()")
          expect(copied).toMatch(
            /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} {2}#1 {2}◂ {2}first\n\d{4}-.* {2}◂ {2}second\n$/,
          )
        })
        const save = (name: string) =>
          step(async () => {
            await page.locator(".log-tools summary[aria-label=Save]").click()
            const [download] = await Promise.all([
              page.waitForEvent("download"),
              page.getByRole("link", { name, exact: true }).click(),
            ])
            return readFileSync(await download.path(), "utf8")
          })
        expect(yield* save("Received bytes")).toMatch(/first\n?second\n?third/)
        expect(yield* save("Text")).toContain("second")
        expect(yield* save("Hex dump")).toContain("73 65 63 6F 6E 64")
        const events = (yield* save("NDJSON")).trim().split("\n")
        expect(events.length).toBeGreaterThan(3)
        for (const event of events) expect(() => JSON.parse(event)).not.toThrow()
      }),
    )

    it.scoped("moves between rows by keys", () =>
      Effect.gen(function* () {
        const { page, peer } = yield* withPeer()
        yield* peer.send(someLines(100))
        yield* step(async () => {
          await rows(page, "line 99").waitFor()
          await grid(page).focus()
          await page.keyboard.press("ArrowUp")
          const selected = page.locator(".row[aria-selected=true]")
          await selected.filter({ hasText: "line 99" }).waitFor()
          await page.keyboard.press("ArrowUp")
          await page.keyboard.press("Shift+ArrowUp")
          await selected.nth(1).waitFor()
          expect(await selected.count()).toBe(2)
          await page.keyboard.press("Home")
          await rows(page, /listening/)
            .and(selected)
            .waitFor()
          expect(await grid(page).getAttribute("aria-activedescendant")).toBe(await selected.getAttribute("id"))
          await page.keyboard.press("PageDown")
          await page.keyboard.press("Enter")
          await page.locator(".dump").waitFor()
          await page.keyboard.press("Escape")
          await page.locator(".dump").waitFor({ state: "hidden" })
        })
      }),
    )

    it.scoped("shows the number of dropped rows in their place", () =>
      Effect.gen(function* () {
        const { page, peer } = yield* withPeer({
          server: { settings: { frame: Framing.line }, logBytes: 128 * 1024 },
        })
        yield* Effect.forEach(
          Array.from({ length: 100 }, (_, index) => index * 200),
          (from) => Effect.zipRight(peer.send(someLines(200, from)), peer.flushed),
        )
        yield* step(async () => {
          await rows(page, "line 19999").waitFor()
          await grid(page).focus()
          await page.keyboard.press("Home")
          await rows(page, /[\d,]+ rows are no longer kept/).waitFor()
          await page.locator(".row-received").first().waitFor()
        })
      }),
    )

    it.scoped("shows whole characters when two clients send GBK in pieces at the same time", () =>
      Effect.gen(function* () {
        const { page, port } = yield* listeningPage(lines)
        const first = yield* dialRaw(tcpEndpoint("127.0.0.1", port))
        const second = yield* dialRaw(tcpEndpoint("127.0.0.1", port))
        yield* step(async () => {
          await clientControls(page).option(2).waitFor()
          await clientControls(page).option(1).click()
          await clientControls(page)
            .option(2)
            .click({ modifiers: ["Control"] })
          await clientControls(page).actions.getByLabel("Encoding").selectOption("gbk")
          await page.getByRole("button", { name: /All clients/ }).click()
        })
        // 温度 and 你好 in GBK. The two clients send one byte in turns.
        const gbk = [Uint8Array.of(0xce, 0xc2, 0xb6, 0xc8, 0x0a), Uint8Array.of(0xc4, 0xe3, 0xba, 0xc3, 0x0a)] as const
        for (let at = 0; at < 5; at++) {
          yield* first.send(gbk[0].subarray(at, at + 1))
          yield* first.flushed
          yield* second.send(gbk[1].subarray(at, at + 1))
          yield* second.flushed
        }
        yield* step(async () => {
          await rows(page, "温度").filter({ hasText: "#1" }).waitFor()
          await rows(page, "你好").filter({ hasText: "#2" }).waitFor()
        })
      }),
    )

    it.scoped("survives a line of 10 MB, invalid UTF-8 and control characters", () =>
      Effect.gen(function* () {
        const { page, peer } = yield* withPeer({
          server: { settings: { frame: Framing.line, maxFrame: 16 * 1024 * 1024 } },
        })
        yield* peer.send(Buffer.concat([Buffer.alloc(10 * 1024 * 1024, "x"), Buffer.from("\n")]))
        yield* peer.send(Uint8Array.of(0xff, 0xfe, 0xc3, 0x28, 0x00, 0x1b, 0x5b, 0x32, 0x4a, 0x07, 0x0a))
        yield* peer.send("after\n")
        yield* step(async () => {
          await rows(page, "after").waitFor()
          await rows(page, "10485760 B").waitFor()
          const text = (await page.locator(".log-rows").textContent()) ?? ""
          expect(text.length).toBeLessThan(200_000)
          expect(text).not.toMatch(/[\u0000-\u0008\u000b-\u001f]/)
          expect(await page.evaluate("document.documentElement.scrollWidth <= innerWidth")).toBe(true)
          await rows(page, "10485760 B").click()
          await page.getByRole("button", { name: "Hex dump" }).click()
          await page.getByText("the first 65,536").waitFor()
        })
      }),
    )
  })
})

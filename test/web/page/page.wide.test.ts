import { spawn } from "node:child_process"
import { describe, expect, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type { Page, WebSocketRoute } from "playwright-core"
import { tcpEndpoint } from "../../../src/domain/index.ts"
import { haveAll, ncat } from "../../support/peers.ts"
import { dialRaw } from "../../support/rawPeer.ts"
import { haveBrowser, step, TestBrowser } from "../support/browser.ts"
import {
  clientControls,
  listeningPage,
  reloading,
  rows,
  sendMessage,
  serveWindows,
  showWindow,
  startListening,
  statusText,
  violations,
} from "../support/windows.ts"

const isWithinWidth = (page: Page) => page.evaluate<boolean>("document.documentElement.scrollWidth <= innerWidth")

describe.skipIf(!haveBrowser())("the page as a whole", () => {
  layer(TestBrowser.layer, { excludeTestServices: true })((it) => {
    it.scoped("works by keys alone: listen, send, command line, filter, tabs, the list of keys", () =>
      Effect.gen(function* () {
        const { open } = yield* serveWindows()
        const page = yield* open()
        yield* step(async () => {
          await page.getByRole("button", { name: "Start listening" }).waitFor()
          await page.getByLabel("Port").fill("0")
          await page.keyboard.press("Control+l")
          await statusText(page, /^listening on/).waitFor()
          await page.keyboard.press("Control+k")
          const line = page.getByRole("dialog").getByLabel("Command line")
          await line.waitFor()
          await page.keyboard.type("sus")
          await page.keyboard.press("Tab")
          expect(await line.inputValue()).toBe("suspend ")
          await page.keyboard.press("Enter")
          await page.getByRole("dialog").getByText("Done.").waitFor()
          await page.keyboard.type("susped")
          await page.keyboard.press("Enter")
          await page.getByRole("dialog").getByRole("alert").filter({ hasText: "suspend" }).waitFor()
          await page.keyboard.press("Escape")
          await page.getByRole("dialog").waitFor({ state: "detached" })
          await page.getByText("accepting is suspended").first().waitFor()
          await page.keyboard.press("Alt+2")
          await page.getByRole("button", { name: "Connect", exact: true }).waitFor()
          await page.keyboard.press("Alt+1")
          await page.getByRole("button", { name: "Stop listening" }).waitFor()
          await page.getByRole("tab", { name: "Clients" }).focus()
          await page.keyboard.press("ArrowRight")
          await page.getByRole("tab", { name: "Rules", selected: true }).waitFor()
          await page.keyboard.press("/")
          await page.keyboard.type("listening")
          await page.locator(".log-foot").filter({ hasText: "1 row" }).waitFor()
          await page.keyboard.press("Escape")
          expect(await page.getByLabel("Filter the log").inputValue()).toBe("")
          await page.getByRole("tab", { name: "Rules" }).focus()
          await page.keyboard.press("?")
          await page.getByRole("dialog").getByText("Command line").waitFor()
          await page.keyboard.press("Escape")
          await page.getByRole("dialog").waitFor({ state: "detached" })
        })
      }),
    )

    it.scoped("opens and closes windows, and two pages show the same windows", () =>
      Effect.gen(function* () {
        const { open } = yield* serveWindows()
        const [one, two] = yield* Effect.all([open(), open()])
        yield* step(async () => {
          const port = await startListening(one)
          await statusText(two, `listening on 127.0.0.1:${port}`).waitFor()
          await one.getByLabel("New server window").click()
          await one.getByRole("button", { name: "New client window" }).click()
          await two.locator(".tab").nth(2).waitFor()
          await two.locator(".tab-name").nth(2).click()
          await two.getByRole("textbox", { name: "Address" }).fill("127.0.0.1")
          await two.getByLabel("Port").fill(String(port))
          await two.getByRole("button", { name: "Connect", exact: true }).click()
          await statusText(one, `connected · 127.0.0.1:${port}`).waitFor()
          await sendMessage(two, "said on page two")
          await rows(one, "said on page two").waitFor()
          await two.keyboard.press("Control+k")
          await two.getByRole("dialog").waitFor()
          await one
            .locator(".tab")
            .nth(2)
            .getByRole("button", { name: /^Close/ })
            .click()
          await one.getByRole("dialog").getByRole("button", { name: "Close the window" }).click()
          await two.locator(".tab").nth(2).waitFor({ state: "detached" })
          // The command line closes with its window, so the command does not go to another window.
          await two.getByRole("dialog").waitFor({ state: "detached" })
          await showWindow(one, "Server")
          await rows(one, /closed/)
            .last()
            .waitFor()
        })
      }),
    )

    it.scoped("shows the name that a command of the command line gives, also in the rows before it", () =>
      Effect.gen(function* () {
        const { page, port } = yield* listeningPage()
        const peer = yield* dialRaw(tcpEndpoint("127.0.0.1", port))
        yield* peer.send("before the name")
        yield* step(async () => {
          await rows(page, "before the name").waitFor()
          await page.keyboard.press("Control+k")
          await page.getByRole("dialog").waitFor()
          await page.keyboard.type("rename 1 plc-1")
          await page.keyboard.press("Enter")
          await rows(page, /plc-1.*before the name/).waitFor()
        })
      }),
    )

    it.scoped("keeps its rows but no state while tcpfx cannot be reached, and reads the missed rows afterwards", () =>
      Effect.gen(function* () {
        const { address } = yield* serveWindows()
        const { browser } = yield* TestBrowser
        const page = yield* Effect.acquireRelease(
          step(() => browser.newPage()),
          (made) => step(() => made.close()),
        )
        const routes: Array<WebSocketRoute> = []
        let isDown = false
        yield* step(async () => {
          await page.routeWebSocket(/\/rpc/, (route) => {
            routes.push(route)
            if (isDown) {
              void route.close()
              return
            }
            route.connectToServer()
          })
          await page.goto(address)
        })
        const port = yield* step(() => startListening(page))
        const before = yield* dialRaw(tcpEndpoint("127.0.0.1", port))
        yield* before.send("sent before")
        yield* step(async () => {
          await rows(page, "sent before").waitFor()
          isDown = true
          await routes[0]?.close()
          await page.getByText("tcpfx cannot be reached.").waitFor()
          await statusText(page, "unknown while tcpfx cannot be reached").waitFor()
          expect(await page.locator(".dot-good").count()).toBe(0)
          expect(await page.getByRole("button", { name: "Stop listening" }).isDisabled()).toBe(true)
          await sendMessage(page, "while it is away")
          await page.locator("#send-trouble").filter({ hasText: "could not be reached" }).waitFor()
          await rows(page, "sent before").waitFor()
        })
        const peer = yield* dialRaw(tcpEndpoint("127.0.0.1", port))
        yield* peer.send("sent meanwhile")
        yield* step(async () => {
          isDown = false
          await rows(page, "sent meanwhile").waitFor()
          await clientControls(page).option(2).waitFor()
          await page.getByText("tcpfx cannot be reached.").waitFor({ state: "hidden" })
          await statusText(page, `listening on 127.0.0.1:${port}`).waitFor()
          await sendMessage(page, "back again")
        })
        yield* peer.expect("back again")
      }),
    )

    it.scoped("fits a phone, with the clients in a drawer", () =>
      Effect.gen(function* () {
        const { page, port } = yield* listeningPage({}, { viewport: { width: 360, height: 740 }, ...reloading })
        const peer = yield* dialRaw(tcpEndpoint("127.0.0.1", port))
        yield* peer.send("a".repeat(500))
        yield* step(async () => {
          await rows(page, "aaaa").waitFor()
          expect(await isWithinWidth(page)).toBe(true)
          await page.getByRole("button", { name: "Clients and rules" }).click()
          await clientControls(page).option(1).click()
          expect(await isWithinWidth(page)).toBe(true)
          for (const panel of ["Rules", "Macros", "Rates"]) {
            await page.getByRole("tab", { name: panel }).click()
            expect(await isWithinWidth(page)).toBe(true)
          }
          await page.getByRole("button", { name: "Hide" }).click()
          await page.getByRole("button", { name: "Options" }).click()
          expect(await isWithinWidth(page)).toBe(true)
          await sendMessage(page, "from the phone")
        })
        yield* peer.expect("from the phone")
        expect(yield* violations(page)).toEqual([])
        yield* step(async () => {
          await showWindow(page, "Client")
          expect(await isWithinWidth(page)).toBe(true)
        })
        expect(yield* violations(page)).toEqual([])
      }),
    )

    it.scoped.each(["Clients", "Rules", "Macros", "Rates"] as const)(
      "has no violation of the rules of axe in: %s",
      (panel) =>
        Effect.gen(function* () {
          const { page, port } = yield* listeningPage({}, { colorScheme: "dark" })
          const peer = yield* dialRaw(tcpEndpoint("127.0.0.1", port))
          yield* peer.send("a row")
          yield* step(async () => {
            await rows(page, "a row").waitFor()
            await page.getByRole("tab", { name: panel }).click()
            if (panel === "Clients") await clientControls(page).option(1).click()
            if (panel === "Rules") await page.getByRole("button", { name: "New rule" }).click()
            if (panel === "Rates") await page.locator(".chart canvas").waitFor()
            await rows(page, "a row").click()
            await page.getByRole("button", { name: "Hex dump" }).click()
            await page.locator(".dump").waitFor()
          })
          expect(yield* violations(page)).toEqual([])
          yield* step(async () => {
            await page.keyboard.press("Control+k")
            await page.getByRole("dialog").waitFor()
          })
          expect(yield* violations(page)).toEqual([])
        }),
    )

    it.scoped("keeps the chosen theme after a reload", () =>
      Effect.gen(function* () {
        const { open } = yield* serveWindows()
        const page = yield* open({ ...reloading, colorScheme: "light" })
        const back = () => page.evaluate<string>("getComputedStyle(document.body.parentElement).backgroundColor")
        yield* step(async () => {
          await page.getByRole("button", { name: /^Theme/ }).waitFor()
          const light = await back()
          await page.getByRole("button", { name: "Theme: same as the system" }).click()
          await page.getByRole("button", { name: "Theme: light" }).click()
          await page.getByRole("button", { name: "Theme: dark" }).waitFor()
          expect(await back()).not.toBe(light)
          await page.reload()
          await page.getByRole("button", { name: "Theme: dark" }).waitFor()
          expect(await back()).not.toBe(light)
        })
      }),
    )

    it.scoped.skipIf(!haveAll(ncat))("talks to ncat", () =>
      Effect.gen(function* () {
        const { page, port } = yield* listeningPage()
        const talker = yield* Effect.acquireRelease(
          Effect.sync(() => spawn("ncat", ["127.0.0.1", String(port)], { stdio: ["pipe", "pipe", "inherit"] })),
          (child) => Effect.sync(() => child.kill()),
        )
        const said = Effect.async<string>((resume) => {
          talker.stdout.once("data", (data: Buffer) => resume(Effect.succeed(data.toString())))
        })
        talker.stdin.write("hello from ncat\n")
        yield* step(async () => {
          await rows(page, "hello from ncat").waitFor()
          await sendMessage(page, "hello, ncat")
        })
        expect(yield* said).toBe("hello, ncat")
        talker.stdin.end()
        yield* step(() =>
          rows(page, /closed/)
            .last()
            .waitFor(),
        )
      }),
    )
  })
})

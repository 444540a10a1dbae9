import * as net from "node:net"
import { describe, expect, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { tcpEndpoint } from "../../../src/domain/index.ts"
import { dialRaw } from "../../support/rawPeer.ts"
import { haveBrowser, step, TestBrowser } from "../support/browser.ts"
import {
  connectTo,
  reloading,
  rows,
  sendMessage,
  serveWindows,
  showWindow,
  startListening,
  statusText,
  violations,
} from "../support/windows.ts"

/** A port of 127.0.0.1 on which another server listens. */
const takenPort = Effect.acquireRelease(
  Effect.async<net.Server>((resume) => {
    const server = net.createServer()
    server.listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
  }),
  (server) =>
    Effect.async<void>((resume) => {
      server.close(() => resume(Effect.void))
    }),
)

const portOf = (server: net.Server): number => {
  const address = server.address()
  return address !== null && typeof address === "object" ? address.port : 0
}

/** A port of 127.0.0.1 without a listener. */
const freePort = Effect.scoped(Effect.map(takenPort, portOf))

describe.skipIf(!haveBrowser())("the page", () => {
  layer(TestBrowser.layer, { excludeTestServices: true })((it) => {
    it.scoped("listens, shows a client and its data, and sends to it", () =>
      Effect.gen(function* () {
        const { open } = yield* serveWindows()
        const page = yield* open()
        const port = yield* step(() => startListening(page))
        const peer = yield* dialRaw(tcpEndpoint("127.0.0.1", port))
        yield* step(() => page.getByRole("option", { name: /#1/ }).waitFor())
        yield* peer.send("hello from the peer")
        yield* step(async () => {
          await rows(page, "hello from the peer").filter({ hasText: "#1" }).waitFor()
          await page.getByText("1 client", { exact: true }).first().waitFor()
          await sendMessage(page, "hello back")
          await rows(page, "hello back").waitFor()
        })
        yield* peer.expect("hello back")
        yield* peer.halfClose
        yield* step(() =>
          rows(page, /closed/)
            .last()
            .waitFor(),
        )
      }),
    )

    it.scoped("connects its client window to its server window", () =>
      Effect.gen(function* () {
        const { open } = yield* serveWindows()
        const page = yield* open()
        yield* step(async () => {
          const port = await startListening(page)
          await connectTo(page, port)
          expect(await page.getByRole("textbox", { name: "Address" }).isDisabled()).toBe(true)
          expect(await page.getByLabel("Port").isDisabled()).toBe(true)
          await sendMessage(page, "Hello, server!")
          await rows(page, "Hello, server!").filter({ hasText: "▸" }).waitFor()
          await showWindow(page, "Server")
          await rows(page, "Hello, server!").filter({ hasText: "◂" }).waitFor()
          await sendMessage(page, "Hello, client!")
          await showWindow(page, "Client")
          await rows(page, "Hello, client!").filter({ hasText: "◂" }).waitFor()
          const colorOf = async (text: string) => {
            const shown = rows(page, text).locator(".row-text")
            await shown.waitFor()
            return shown.evaluate((element) => element.ownerDocument.defaultView?.getComputedStyle(element).color)
          }
          // Sent data is red. Received data has the normal colour.
          expect(await colorOf("Hello, server!")).toBe("rgb(192, 31, 31)")
          expect(await colorOf("Hello, client!")).toBe(
            await page.evaluate<string>("getComputedStyle(document.body.parentElement).color"),
          )
          await page.getByRole("button", { name: "Disconnect" }).click()
          await statusText(page, "not connected").waitFor()
          expect(await page.getByRole("textbox", { name: "Address" }).isDisabled()).toBe(false)
        })
      }),
    )

    it.scoped("shows beside the field why it cannot listen, and keeps the text of the field", () =>
      Effect.gen(function* () {
        const taken = portOf(yield* takenPort)
        const { open } = yield* serveWindows()
        const page = yield* open()
        yield* step(async () => {
          await page.getByLabel("Port").fill(String(taken))
          await page.getByRole("button", { name: "Start listening" }).click()
          await page
            .getByRole("alert")
            .filter({ hasText: /in use/ })
            .waitFor()
          expect(await page.getByLabel("Port").inputValue()).toBe(String(taken))
          expect(await page.getByLabel("Port").getAttribute("aria-invalid")).toBe("true")
          await page.getByRole("button", { name: "Start listening" }).waitFor()
          await page.getByLabel("Port").fill("70000")
          await page.getByRole("button", { name: "Start listening" }).click()
          await page.getByRole("alert").filter({ hasText: "0 to 65535" }).waitFor()
        })
      }),
    )

    it.scoped("shows why a connection is refused", () =>
      Effect.gen(function* () {
        const free = yield* freePort
        const { open } = yield* serveWindows()
        const page = yield* open()
        yield* step(async () => {
          await showWindow(page, "Client")
          await page.getByLabel("Port").fill(String(free))
          await page.getByRole("button", { name: "Connect", exact: true }).click()
          await page
            .getByRole("alert")
            .filter({ hasText: /refused/ })
            .waitFor()
          await statusText(page, "not connected").waitFor()
          expect(await page.getByLabel("Port").isDisabled()).toBe(false)
        })
      }),
    )

    it.scoped("shows the data of a hostile peer as text", () =>
      Effect.gen(function* () {
        const { open } = yield* serveWindows()
        const page = yield* open()
        const port = yield* step(() => startListening(page))
        const peer = yield* dialRaw(tcpEndpoint("127.0.0.1", port))
        yield* peer.send("<img src=x onerror=alert(1)><b>bold</b>\u202e\u001b[31m&amp;")
        yield* step(async () => {
          const row = rows(page, "<img src=x onerror=alert(1)><b>bold</b>")
          await row.waitFor()
          const text = (await row.locator(".row-data").textContent()) ?? ""
          expect(text).toContain("&amp;")
          expect(text).not.toMatch(/[\u0000-\u001f\u202a-\u202e]/)
          expect(await page.locator(".log-rows img, .log-rows b").count()).toBe(0)
        })
      }),
    )

    it.scoped("keeps the listener, the client, the log and the unsent message after a reload", () =>
      Effect.gen(function* () {
        const { open } = yield* serveWindows()
        const page = yield* open(reloading)
        const port = yield* step(() => startListening(page))
        const peer = yield* dialRaw(tcpEndpoint("127.0.0.1", port))
        yield* peer.send("before the reload")
        yield* step(async () => {
          await rows(page, "before the reload").waitFor()
          await page.getByLabel("Message", { exact: true }).fill("half a sent")
          await page.reload()
          await rows(page, "before the reload").waitFor()
          await page.getByRole("button", { name: "Stop listening" }).waitFor()
          expect(await page.getByLabel("Message", { exact: true }).inputValue()).toBe("half a sent")
        })
      }),
    )

    for (const colorScheme of ["light", "dark"] as const) {
      it.scoped(`has no violation of the rules of axe, in the ${colorScheme} theme`, () =>
        Effect.gen(function* () {
          const { open } = yield* serveWindows()
          const page = yield* open({ colorScheme })
          const port = yield* step(() => startListening(page))
          const peer = yield* dialRaw(tcpEndpoint("127.0.0.1", port))
          yield* peer.send("a row")
          yield* step(() => rows(page, "a row").waitFor())
          expect(yield* violations(page)).toEqual([])
          yield* step(() => connectTo(page, port))
          expect(yield* violations(page)).toEqual([])
        }),
      )
    }

    it.scoped("uses the language of the browser, and changes it at once, also in the announcements of the log", () =>
      Effect.gen(function* () {
        const { open } = yield* serveWindows()
        const page = yield* open({ ...reloading, locale: "zh-CN" })
        yield* step(async () => {
          await page.getByRole("button", { name: "开始监听" }).waitFor()
          expect(await page.getAttribute("html", "lang")).toBe("zh-CN")
          await page.getByLabel("端口").fill("0")
          await page.getByRole("button", { name: "开始监听" }).click()
          await rows(page, /正在监听 127\.0\.0\.1:\d+/).waitFor()
          await page.getByLabel("筛选日志").fill("正在监听")
          await page.locator(".log-foot").filter({ hasText: "1 行" }).waitFor()
          await page.getByLabel("筛选日志").fill("")
          await page.getByRole("button", { name: /English/ }).click()
          await rows(page, /listening on 127\.0\.0\.1:\d+/).waitFor()
          await page.getByRole("button", { name: "Stop listening" }).click()
          await rows(page, /stopped listening/).waitFor()
          expect(await rows(page, /监听/).count()).toBe(0)
          await page.getByRole("button", { name: "Start listening" }).waitFor()
          await page.reload()
          await page.getByRole("button", { name: "Start listening" }).waitFor()
          expect(await page.getAttribute("html", "lang")).toBe("en")
        })
      }),
    )
  })
})

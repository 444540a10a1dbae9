import * as net from "node:net"
import { describe, expect, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type { Page } from "playwright-core"
import { Tls } from "../../../src/transport/index.ts"
import { makeIdentity } from "../../support/certificates.ts"
import { haveBrowser, step, TestBrowser } from "../support/browser.ts"
import {
  connectTo,
  rows,
  sendMessage,
  serveWindows,
  showWindow,
  startListening,
  statusText,
} from "../support/windows.ts"

/** A plain server on a free port. The test controls its sockets. */
const plainServer = Effect.acquireRelease(
  Effect.async<{ readonly server: net.Server; readonly port: number; readonly sockets: Array<net.Socket> }>(
    (resume) => {
      const sockets: Array<net.Socket> = []
      const server = net.createServer({ allowHalfOpen: true }, (socket) => {
        socket.on("error", () => {})
        socket.resume()
        sockets.push(socket)
      })
      server.listen(0, "127.0.0.1", () => {
        const address = server.address()
        resume(
          Effect.succeed({ server, sockets, port: address !== null && typeof address === "object" ? address.port : 0 }),
        )
      })
    },
  ),
  ({ server, sockets }) =>
    Effect.async<void>((resume) => {
      for (const socket of sockets) socket.destroy()
      server.close(() => resume(Effect.void))
    }),
)

const more = async (page: Page, name: string): Promise<void> => {
  await page.locator(".form").getByLabel("More").click()
  await page.getByRole("button", { name, exact: true }).click()
}

describe.skipIf(!haveBrowser())("the client window", () => {
  layer(TestBrowser.layer, { excludeTestServices: true })((it) => {
    it.scoped("shows that the server has half-closed, and can still send until it closes", () =>
      Effect.gen(function* () {
        const { port, sockets } = yield* plainServer
        const { open } = yield* serveWindows()
        const page = yield* open()
        yield* step(async () => {
          await connectTo(page, port)
          sockets[0]?.end("bye")
          await rows(page, "bye").waitFor()
          await statusText(page, /half-closed|not connected/).waitFor()
        })
      }),
    )

    it.scoped("marks no field as wrong after another page has connected", () =>
      Effect.gen(function* () {
        const { port } = yield* plainServer
        const { open } = yield* serveWindows()
        const [page, other] = [yield* open(), yield* open()]
        yield* step(async () => {
          await showWindow(page, "Client")
          await page.getByRole("textbox", { name: "Address" }).fill("")
          await page.getByRole("button", { name: "Connect", exact: true }).click()
          await page.locator(".form [aria-invalid=true]").first().waitFor()
          await connectTo(other, port)
          await statusText(page, `connected · 127.0.0.1:${port}`).waitFor()
          expect(await page.locator(".form [aria-invalid=true]").count()).toBe(0)
        })
      }),
    )

    it.scoped("half-closes, pauses reading, and resets", () =>
      Effect.gen(function* () {
        const { port, sockets } = yield* plainServer
        const { open } = yield* serveWindows()
        const page = yield* open()
        yield* step(async () => {
          await connectTo(page, port)
          await more(page, "Pause reading")
          await page.getByText("reading is paused").first().waitFor()
          sockets[0]?.write("held back")
          await more(page, "Resume reading")
          await rows(page, "held back").waitFor()
          await more(page, "Half-close")
          await statusText(page, "half-closed").waitFor()
          sockets[0]?.write("after the half-close")
          await rows(page, "after the half-close").waitFor()
          await page.getByRole("button", { name: "Disconnect" }).click()
          sockets[0]?.end()
          await statusText(page, "not connected").waitFor()
          await connectTo(page, port)
          const gone = new Promise((resolve) => sockets[1]?.once("close", resolve))
          await more(page, "Reset")
          await gone
          await statusText(page, "not connected").waitFor()
        })
      }),
    )

    it.scoped("accepts a pasted endpoint, and the full-width digits of an input method", () =>
      Effect.gen(function* () {
        const { port } = yield* plainServer
        const { open } = yield* serveWindows()
        const page = yield* open()
        yield* step(async () => {
          await showWindow(page, "Client")
          const connectNow = page.getByRole("button", { name: "Connect", exact: true })
          await page.getByRole("textbox", { name: "Address" }).fill(`127.0.0.1:${port}`)
          await connectNow.click()
          await statusText(page, `connected · 127.0.0.1:${port}`).waitFor()
          expect(await page.getByLabel("Port").inputValue()).toBe(String(port))
          await page.getByRole("button", { name: "Disconnect" }).click()
          await connectNow.waitFor()
          const wide = String(port).replace(/\d/g, (digit) => String.fromCharCode(0xff10 + Number(digit)))
          await page.getByLabel("Port").fill(wide)
          await connectNow.click()
          await statusText(page, `connected · 127.0.0.1:${port}`).waitFor()
        })
      }),
    )

    it.scoped("reconnects after a lost connection, with a countdown and a button that stops it", () =>
      Effect.gen(function* () {
        const { port, sockets, server } = yield* plainServer
        const { open } = yield* serveWindows()
        const page = yield* open()
        yield* step(async () => {
          await showWindow(page, "Client")
          await page.getByLabel("Reconnect automatically").check()
          await connectTo(page, port)
          sockets[0]?.resetAndDestroy()
          while (sockets.length < 2) await page.waitForFunction("document.body !== null", undefined, { polling: 20 })
          await statusText(page, `connected · 127.0.0.1:${port}`).waitFor()
          server.close()
          sockets[1]?.resetAndDestroy()
          await statusText(page, "reconnecting").waitFor()
          await page.getByText(/in \d+ s$/).waitFor()
          expect(await page.getByLabel("Port").isDisabled()).toBe(true)
          await page.getByRole("button", { name: "Disconnect" }).click()
          await statusText(page, "not connected").waitFor()
        })
      }),
    )

    it.scoped("uses TLS, and shows the reason why it does not trust a certificate", () =>
      Effect.gen(function* () {
        const identity = yield* step(() => makeIdentity({ name: "server" }))
        const acceptor = yield* Effect.orDie(Tls.acceptor({ identities: [identity] }))
        const { open } = yield* serveWindows({ server: { settings: { tls: acceptor } } })
        const page = yield* open()
        yield* step(async () => {
          const port = await startListening(page)
          await page.locator(".form .pill-good", { hasText: "TLS" }).waitFor()
          await showWindow(page, "Client")
          await page.getByRole("textbox", { name: "Address" }).fill("127.0.0.1")
          await page.getByLabel("Port").fill(String(port))
          await page.getByLabel("Use TLS").check()
          await page.getByRole("button", { name: "Connect", exact: true }).click()
          await page
            .locator("#form-trouble")
            .filter({ hasText: /certificate/ })
            .waitFor()
          await page.getByLabel("Accept any certificate").check()
          await page.getByRole("button", { name: "Connect", exact: true }).click()
          await page.locator(".form .pill-good").filter({ hasText: /TLS/ }).waitFor()
          await sendMessage(page, "in secret")
          await showWindow(page, "Server")
          await rows(page, "in secret").waitFor()
        })
      }),
    )

    it.scoped("shows the reason for an invalid field beside it", () =>
      Effect.gen(function* () {
        const { open } = yield* serveWindows()
        const page = yield* open()
        yield* step(async () => {
          await showWindow(page, "Client")
          await page.getByLabel("Port").fill("0")
          await page.getByRole("button", { name: "Connect", exact: true }).click()
          await page.locator("#form-trouble").filter({ hasText: "1 to 65535" }).waitFor()
          await page.getByRole("textbox", { name: "Address" }).fill("")
          await page.getByRole("button", { name: "Connect", exact: true }).click()
          await page.locator("#form-trouble").filter({ hasText: "Enter an address." }).waitFor()
          await sendMessage(page, "to nobody")
          await page
            .locator("#send-trouble")
            .filter({ hasText: /connect/i })
            .waitFor()
        })
      }),
    )
  })
})

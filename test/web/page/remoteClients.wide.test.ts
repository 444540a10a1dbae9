import { describe, expect, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { ConnectionId, Framing, tcpEndpoint } from "../../../src/domain/index.ts"
import { makeNatsHub } from "../../../src/hub/nats/internal/makeNatsHub.ts"
import { dialRaw } from "../../support/rawPeer.ts"
import { VirtualBus } from "../../support/virtualBus.ts"
import { haveBrowser, step, TestBrowser } from "../support/browser.ts"
import { clientControls, listeningPage, reloading, violations } from "../support/windows.ts"

/** A server window with one client, whose hub the server `two` shares. */
const shared = Effect.gen(function* () {
  const network = new VirtualBus()
  const hubOn = (node: string) =>
    makeNatsHub({ servers: "nats://virtual", node, framing: Framing.line }, () => network.connect)
  const hub = yield* hubOn("one")
  const two = yield* hubOn("two")
  const { open, page, port } = yield* listeningPage({ server: { hub, mode: "broker" } })
  yield* dialRaw(tcpEndpoint("127.0.0.1", port))
  yield* step(() => clientControls(page).option(1).waitFor())
  const opened = (id: number) => two.network.opened(ConnectionId.make(id), `192.0.2.7:${40_000 + id}`, Date.now())
  const closed = (id: number) => two.network.closed(ConnectionId.make(id))
  return { open, page, opened, closed }
})

describe.skipIf(!haveBrowser())("the clients of other servers in the server window", () => {
  layer(TestBrowser.layer, { excludeTestServices: true })((it) => {
    it.scoped("come and go in the list, and cannot be selected", () =>
      Effect.gen(function* () {
        const { closed, opened, page } = yield* shared
        const remote = page.getByRole("option", { name: "@two/" })
        for (const id of [1, 2]) opened(id)
        yield* step(async () => {
          await remote.filter({ hasText: "192.0.2.7:40002" }).waitFor()
          expect(await remote.count()).toBe(2)
          await page.getByRole("button", { name: "All clients 1 client, 2 of other servers" }).waitFor()
          const first = remote.first()
          expect(await first.getAttribute("aria-disabled")).toBe("true")
          expect(await first.getAttribute("aria-posinset")).toBe("2")
          expect(await first.getAttribute("title")).toMatch(/server two.*Only commands of that server reach it/)
          await first.click({ force: true })
          expect(await page.getByLabel("To", { exact: true }).inputValue()).toBe("")
          await page.getByRole("listbox", { name: "Clients" }).focus()
          for (let press = 0; press < 3; press++) await page.keyboard.press("ArrowDown")
          await page.keyboard.press("Enter")
          expect(await page.getByLabel("To", { exact: true }).inputValue()).toBe("@1")
        })
        expect(yield* violations(page)).toEqual([])
        closed(1)
        yield* step(async () => {
          await remote.filter({ hasText: "192.0.2.7:40001" }).waitFor({ state: "detached" })
          await page.getByRole("searchbox", { name: "Name, address or tag" }).fill("@two/2")
          await clientControls(page).option(1).waitFor({ state: "detached" })
          expect(await remote.count()).toBe(1)
          await page.getByLabel("To", { exact: true }).fill("@two/2")
          await page.getByText("@two/2 names a client of another server").waitFor()
        })
      }),
    )

    it.scoped("are as many as there are, below those of this server, also in Chinese", () =>
      Effect.gen(function* () {
        const { open, opened } = yield* shared
        const page = yield* open({ ...reloading, locale: "zh-CN" })
        for (let id = 1; id <= 3000; id++) opened(id)
        yield* step(async () => {
          await page.getByText("1 个客户端，其他服务器 3,000 个").waitFor()
          await page.locator(".clients-scroll").evaluate((list) => {
            list.scrollTop = list.scrollHeight
          })
          const last = page.getByRole("option", { name: "@two/3000" })
          await last.filter({ hasText: "其他服务器" }).waitFor()
          expect(await last.getAttribute("aria-posinset")).toBe("3001")
          expect(await page.locator(".client").count()).toBeLessThan(60)
        })
      }),
    )
  })
})

import { describe, expect, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { tcpEndpoint, unixEndpoint } from "../../../src/domain/index.ts"
import { dialRaw } from "../../support/rawPeer.ts"
import { string } from "../../support/texts.ts"
import { temporaryFolder } from "../../support/transportFixture.ts"
import { haveBrowser, step, TestBrowser } from "../support/browser.ts"
import {
  type ClientControls,
  clientControls,
  listeningPage,
  reloading,
  rows,
  sendMessage,
  serveWindows,
  statusText,
} from "../support/windows.ts"

/** A server window with a number of raw clients, in the order of their numbers. */
const withPeers = (count: number) =>
  Effect.gen(function* () {
    const { page, port } = yield* listeningPage()
    const peers = yield* Effect.forEach(
      Array.from({ length: count }, (_, index) => index + 1),
      (number) =>
        Effect.tap(dialRaw(tcpEndpoint("127.0.0.1", port)), () =>
          step(() => clientControls(page).option(number).waitFor()),
        ),
    )
    return { page, port, peers, controls: clientControls(page) }
  })

const recipients = async (controls: ClientControls, to: string, count: string): Promise<void> => {
  await controls.page.getByLabel("To", { exact: true }).fill(to)
  await controls.page.locator(".recipients").filter({ hasText: count }).waitFor()
}

describe.skipIf(!haveBrowser())("the clients of the server window", () => {
  layer(TestBrowser.layer, { excludeTestServices: true })((it) => {
    it.scoped(
      "are named and tagged, and receive by name, tag, number, network, as the last one, and with exceptions",
      () =>
        Effect.gen(function* () {
          const { page, peers, controls } = yield* withPeers(3)
          const [first, second, third] = peers
          if (first === undefined || second === undefined || third === undefined)
            return yield* Effect.dieMessage("peers")
          yield* step(async () => {
            await controls.option(1).click()
            await controls.actions.getByLabel("Name", { exact: true }).fill("plc-1")
            await controls.actions.getByRole("button", { name: "Rename" }).click()
            await controls.option(1).filter({ hasText: "plc-1" }).waitFor()
            await controls.option(2).click({ modifiers: ["Control"] })
            await controls.actions.getByLabel("Tag", { exact: true }).fill("line2")
            await controls.actions.getByRole("button", { name: "Add" }).click()
            await controls.option(2).filter({ hasText: "line2" }).waitFor()
            expect(await page.getByLabel("To", { exact: true }).inputValue()).toBe("@1,@2")
          })
          yield* first.send("?")
          yield* step(async () => {
            await recipients(controls, "@plc-1", "1 client")
            await sendMessage(page, "to-name.")
            await recipients(controls, "@tag:line2", "2 clients")
            await sendMessage(page, "to-tag.")
            await recipients(controls, "@all-but 1,2", "1 client")
            await sendMessage(page, "to-rest.")
            await recipients(controls, "@127.0.0.0/8", "3 clients")
            await sendMessage(page, "to-network.")
            await recipients(controls, "@last", "1 client")
            await sendMessage(page, "to-last.")
            await recipients(controls, "", "3 clients")
            await sendMessage(page, "to-all.")
          })
          const expected = {
            first: "to-name.to-tag.to-network.to-last.to-all.",
            second: "to-tag.to-network.to-all.",
            third: "to-rest.to-network.to-all.",
          }
          yield* first.expect(expected.first)
          yield* second.expect(expected.second)
          yield* third.expect(expected.third)
          yield* step(async () => {
            await recipients(controls, "@nobody-of-that-name", "no client")
            await sendMessage(page, "lost")
            await page
              .locator("#send-trouble")
              .filter({ hasText: /no client|match/i })
              .waitFor()
            await page.getByRole("button", { name: /Remove the tag line2/ }).click()
            await controls.option(2).filter({ hasNotText: "line2" }).waitFor()
          })
        }),
    )

    it.scoped("have their new name in the rows on the screen after another page or a rule has named them", () =>
      Effect.gen(function* () {
        const { open, page, port } = yield* listeningPage()
        const peer = yield* dialRaw(tcpEndpoint("127.0.0.1", port))
        yield* peer.send("hello")
        const other = yield* open()
        yield* step(async () => {
          await rows(page, "hello").waitFor()
          await clientControls(other).option(1).click()
          await clientControls(other).actions.getByLabel("Name", { exact: true }).fill("plc-1")
          await clientControls(other).actions.getByRole("button", { name: "Rename" }).click()
          await rows(page, "hello").filter({ hasText: "#1 plc-1" }).waitFor()
          await other.keyboard.press("Control+k")
          await other.keyboard.type('rule name when equals "login" rename panel')
          await other.keyboard.press("Enter")
          await other.getByRole("dialog").getByText("Done.").waitFor()
        })
        yield* peer.send("login")
        yield* step(() => rows(page, "hello").filter({ hasText: "#1 panel" }).waitFor())
      }),
    )

    it.scoped("of a unix socket are shown with the time of their connection, because they have no address", () =>
      Effect.gen(function* () {
        const path = `${yield* temporaryFolder}/page.sock`
        const { open } = yield* serveWindows()
        const page = yield* open()
        yield* step(async () => {
          await page.getByRole("combobox", { name: "Address" }).selectOption("other")
          await page.getByLabel("Endpoint").fill(`unix:${path}`)
          await page.getByRole("button", { name: "Start listening" }).click()
          await statusText(page, /^listening on unix:/).waitFor()
        })
        yield* dialRaw(unixEndpoint(path))
        yield* step(async () => {
          const remote = clientControls(page).option(1).locator(".client-remote")
          await remote.filter({ hasText: /^unix client · \d\d:\d\d:\d\d/ }).waitFor()
          expect(await remote.getAttribute("title")).toBe(`unix:${path}`)
        })
      }),
    )

    it.scoped("show two tags, and the number of their other tags", () =>
      Effect.gen(function* () {
        const { page, controls } = yield* withPeers(1)
        yield* step(async () => {
          for (const tag of ["line2", "boiler", "north", "old"]) {
            await page.keyboard.press("Control+k")
            await page.keyboard.type(`tag @1 ${tag}`)
            await page.keyboard.press("Enter")
            await page.getByRole("dialog").getByText("Done.").waitFor()
            await page.keyboard.press("Escape")
          }
          await controls.option(1).filter({ hasText: "+2" }).waitFor()
          expect(await controls.option(1).locator(".pill").allTextContents()).toEqual(["line2", "boiler", "+2"])
          expect(await controls.option(1).locator(".pill").last().getAttribute("title")).toBe("north, old")
        })
      }),
    )

    it.scoped("filter the log when they are selected, and the log keeps all rows", () =>
      Effect.gen(function* () {
        const { page, peers, controls } = yield* withPeers(2)
        yield* peers[0]?.send("from one") ?? Effect.void
        yield* peers[1]?.send("from two") ?? Effect.void
        yield* step(async () => {
          await rows(page, "from one").waitFor()
          await rows(page, "from two").waitFor()
          await controls.option(2).click()
          await rows(page, "from one").waitFor({ state: "hidden" })
          await rows(page, "from two").waitFor()
          await page.getByRole("button", { name: /All clients/ }).click()
          await rows(page, "from one").waitFor()
        })
      }),
    )

    it.scoped("are paused and resumed, half-closed, kicked and reset", () =>
      Effect.gen(function* () {
        const { page, peers, controls } = yield* withPeers(3)
        const [first, second, third] = peers
        if (first === undefined || second === undefined || third === undefined) return yield* Effect.dieMessage("peers")
        yield* step(async () => {
          await controls.option(1).click()
          await controls.actions.getByRole("button", { name: "Pause" }).click()
          await controls.option(1).filter({ hasText: "paused" }).waitFor()
        })
        yield* first.send("held back")
        yield* step(async () => {
          await controls.actions.getByRole("button", { name: "Resume reading" }).click()
          await rows(page, "held back").waitFor()
          await controls.actions.getByRole("button", { name: "Half-close" }).click()
        })
        expect(string(yield* first.takeRest)).toBe("")
        yield* first.send("after the half-close")
        yield* step(async () => {
          await rows(page, "after the half-close").waitFor()
          await controls.option(2).click()
          await controls.actions.getByRole("button", { name: "Kick" }).click()
        })
        expect(string(yield* second.takeRest)).toBe("")
        yield* second.halfClose
        expect(yield* second.closed).toEqual(Option.none())
        yield* step(async () => {
          await controls.option(3).click()
          await controls.actions.getByRole("button", { name: "Reset" }).click()
        })
        expect(yield* third.closed).toEqual(Option.some("ECONNRESET"))
      }),
    )

    it.scoped.each([
      ["Keep it", "kept"],
      ["Close it", "closed"],
      ["Reset it", "reset"],
    ] as const)("follow the choice of the user when listening stops: %s", ([button, fate]) =>
      Effect.gen(function* () {
        const { page, peers, controls } = yield* withPeers(1)
        const [peer] = peers
        if (peer === undefined) return yield* Effect.dieMessage("peer")
        yield* step(async () => {
          await page.getByRole("tab", { name: "Clients 1" }).waitFor()
          await page.getByRole("button", { name: "Stop listening" }).click()
          await page.getByText("1 client is connected. What happens to it?").waitFor()
          await page.keyboard.press("Tab")
        })
        yield* peer.send("meanwhile")
        yield* step(async () => {
          await rows(page, "meanwhile").waitFor()
          // A new row does not move the focus.
          await page.locator(".choice button:focus", { hasText: "Close it" }).waitFor()
          await page.keyboard.press("Escape")
          await page.locator(".form button.main:focus").waitFor()
          await page.getByRole("button", { name: "Stop listening" }).click()
          await page.getByRole("button", { name: button }).click()
          await statusText(page, "not listening").waitFor()
        })
        if (fate === "kept") {
          yield* peer.send("still here")
          yield* step(async () => {
            await rows(page, "still here").waitFor()
            await controls.option(1).waitFor()
          })
        } else if (fate === "closed") {
          expect((yield* peer.takeRest).length).toBe(0)
          yield* peer.halfClose
          expect(yield* peer.closed).toEqual(Option.none())
        } else expect(yield* peer.closed).toEqual(Option.some("ECONNRESET"))
      }),
    )

    it.scoped("are refused while accepting is suspended", () =>
      Effect.gen(function* () {
        const { page, port, controls } = yield* withPeers(1)
        yield* step(async () => {
          await page.getByLabel("More").click()
          await page.getByRole("button", { name: "Suspend accepting" }).click()
          await page.locator(".status .pill", { hasText: "accepting is suspended" }).waitFor()
        })
        const refused = yield* dialRaw(tcpEndpoint("127.0.0.1", port))
        yield* refused.takeRest
        yield* refused.halfClose
        yield* step(async () => {
          await page.getByText("1 refused").waitFor()
          await page.getByLabel("More").click()
          await page.getByRole("button", { name: "Resume accepting" }).click()
          await page.locator(".status .pill", { hasText: "accepting is suspended" }).waitFor({ state: "hidden" })
        })
        yield* dialRaw(tcpEndpoint("127.0.0.1", port))
        yield* step(() => controls.page.locator(".client").nth(1).waitFor())
      }),
    )

    it.scoped("can be found among 200 by sorting, by filter and by scrolling", () =>
      Effect.gen(function* () {
        const { page, port } = yield* listeningPage()
        yield* Effect.forEach(Array.from({ length: 200 }), () => dialRaw(tcpEndpoint("127.0.0.1", port)), {
          concurrency: 20,
        })
        const controls = clientControls(page)
        yield* step(async () => {
          await page
            .locator(".everyone")
            .filter({ hasText: /200 clients$/ })
            .waitFor()
          // The list makes elements only for the visible clients.
          expect(await page.locator(".client").count()).toBeLessThan(60)
          await page.getByRole("listbox", { name: "Clients" }).evaluate((list) => {
            list.scrollTop = list.scrollHeight
          })
          await controls.option(200).waitFor()
          await controls.option(200).click()
          await controls.actions.getByLabel("Name", { exact: true }).fill("the-last-one")
          await controls.actions.getByRole("button", { name: "Rename" }).click()
          await page.getByLabel("Name, address or tag").fill("the-last")
          await page.getByText("1 of 200 clients").waitFor()
          expect(await page.locator(".client").count()).toBe(1)
          await page.getByLabel("Name, address or tag").fill("nothing like this")
          await page.getByText("No client matches.").waitFor()
          await page.getByLabel("Name, address or tag").fill("")
          await page.getByLabel("Sort by").selectOption("name")
          await page.locator(".client").first().filter({ hasText: "the-last-one" }).waitFor()
        })
      }),
    )

    it.scoped("cost the page the same with 20 or 2 000 of them: it has and requests only the visible ones", () =>
      Effect.gen(function* () {
        const { page, port } = yield* listeningPage({}, reloading)
        const answers: Array<number> = []
        page.on("websocket", (socket) => socket.on("framereceived", ({ payload }) => answers.push(payload.length)))
        // After a reload, the test sees the socket of the calls from its start.
        yield* step(() => page.goto(page.url()))
        yield* Effect.forEach(Array.from({ length: 2000 }), () => dialRaw(tcpEndpoint("127.0.0.1", port)), {
          concurrency: 50,
        })
        const controls = clientControls(page)
        yield* step(async () => {
          await page.locator(".everyone").filter({ hasText: "2,000 clients" }).waitFor()
          await controls.option(1).waitFor()
          answers.length = 0
          for (const sort of ["activity", "rate", "name", "id"]) await page.getByLabel("Sort by").selectOption(sort)
          await page.locator(".clients-scroll").evaluate((list) => {
            list.scrollTop = list.scrollHeight
          })
          // Before the last answer, the page still shows the clients by activity, with the newest ones at the top.
          await page.locator('#client-2000[aria-posinset="2000"]').waitFor()
          await controls.option(2000).click()
          await page.locator(".chip").filter({ hasText: "#2000" }).waitFor()
          expect(await page.locator(".client").count()).toBeLessThan(60)
          expect(answers.length).toBeGreaterThan(0)
          // A client has less than half a KiB of JSON, and an answer contains only the visible clients.
          expect(Math.max(...answers)).toBeLessThan(32 * 1024)
        })
        yield* step(() => sendMessage(page, "to the last one"))
        yield* step(() => rows(page, "to the last one").waitFor())
      }),
    )
  })
})

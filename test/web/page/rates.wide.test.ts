import { describe, expect, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { tcpEndpoint } from "../../../src/domain/index.ts"
import { dialRaw } from "../../support/rawPeer.ts"
import { haveBrowser, step, TestBrowser } from "../support/browser.ts"
import { listeningPage, rows, sendMessage } from "../support/windows.ts"

/** Waits in animation frames until the chart has pixels of both lines. The policy of the page forbids other ways to wait. */
const untilDrawn = `new Promise((resolve) => {
  const isDrawn = () => {
    const canvas = document.querySelector(".chart canvas")
    if (canvas === null || canvas.width === 0) return false
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height)
    let blue = false
    let red = false
    for (let at = 0; at < data.length; at += 4) {
      if (data[at + 3] < 128) continue
      if (data[at + 2] > data[at] + 80) blue = true
      if (data[at] > data[at + 2] + 80) red = true
    }
    return blue && red
  }
  const look = () => (isDrawn() ? resolve() : requestAnimationFrame(look))
  look()
})`

describe.skipIf(!haveBrowser())("the rates of the page", () => {
  layer(TestBrowser.layer, { excludeTestServices: true })((it) => {
    it.scoped("are numbers, and a chart with a line for each direction", () =>
      Effect.gen(function* () {
        const { page, port } = yield* listeningPage({}, { colorScheme: "light" })
        const peer = yield* dialRaw(tcpEndpoint("127.0.0.1", port))
        yield* peer.send(new TextEncoder().encode("x".repeat(100)))
        yield* step(async () => {
          await rows(page, "xxx").waitFor()
          await sendMessage(page, "12345")
          await rows(page, "12345").waitFor()
          await page.getByRole("tab", { name: "Rates" }).click()
          const total = page.getByRole("row", { name: "Total bytes" }).getByRole("cell")
          await total.first().filter({ hasText: "100 B" }).waitFor()
          expect(await total.allTextContents()).toEqual(["100 B", "5 B"])
          await page.evaluate(untilDrawn)
        })
      }),
    )
  })
})

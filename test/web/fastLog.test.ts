import { fileURLToPath } from "node:url"
import { describe, expect, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { loadAssets } from "../../src/web/server/Assets.ts"
import { haveBrowser, step, TestBrowser } from "./support/browser.ts"
import { makePageWorld } from "./support/pageWorld.ts"

const builtPage = loadAssets(fileURLToPath(new URL("../../dist/web", import.meta.url)))

describe.skipIf(!haveBrowser())("a log that grows faster than its rows are read", () => {
  layer(TestBrowser.layer, { excludeTestServices: true })((it) => {
    it.scoped("keeps showing the old rows until the new rows arrive, and is never blank", () =>
      Effect.gen(function* () {
        const answers = yield* Effect.makeLatch(true)
        const world = yield* makePageWorld({ assets: yield* builtPage, beforeRows: answers.await })
        const { tab } = yield* world.workspace.open("server")
        const tell = (from: number, count: number) =>
          Effect.forEach(
            Array.from({ length: count }, (_, n) => `row-${from + n}.`),
            (text) => world.standIns[tab - 1]?.tell(text) ?? Effect.void,
          )
        yield* tell(0, 200)
        const { open } = yield* TestBrowser
        const page = yield* open(world.server.address)
        const sees = (text: string) => step(() => page.getByText(text, { exact: true }).first().waitFor())
        yield* sees("row-199.")
        yield* answers.close
        yield* tell(200, 5000)
        // The page knows the extent of the log, and has requested the last rows.
        yield* step(() => page.getByText(/5,200 rows/).waitFor())
        // The page paints in an animation frame.
        const painted = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
        yield* step(() => page.evaluate(painted))
        expect(yield* step(() => page.getByText("row-199.", { exact: true }).isVisible())).toBe(true)
        yield* answers.open
        yield* sees("row-5199.")
        expect(yield* step(() => page.getByText("row-199.", { exact: true }).count())).toBe(0)
      }),
    )
  })
})

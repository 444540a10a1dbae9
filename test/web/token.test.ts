import { fileURLToPath } from "node:url"
import { describe, expect, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { loadAssets } from "../../src/web/server/Assets.ts"
import { haveBrowser, step, TestBrowser } from "./support/browser.ts"
import { makePageWorld } from "./support/pageWorld.ts"

const builtPage = loadAssets(fileURLToPath(new URL("../../dist/web", import.meta.url)))

const refusedOnce = { allow: [/403 \(Forbidden\)/] }

describe.skipIf(!haveBrowser())("the token, in a browser", () => {
  layer(TestBrowser.layer, { excludeTestServices: true })((it) => {
    it.scoped("disappears from the address bar, and a reload still works", () =>
      Effect.gen(function* () {
        const { server } = yield* makePageWorld({ assets: yield* builtPage })
        const { open } = yield* TestBrowser
        const page = yield* open(`${server.address}#x`, refusedOnce)
        const isThere = () => step(() => page.waitForSelector("#page > *"))
        yield* isThere()
        yield* step(() => page.waitForURL(`${server.origin}/#x`))
        yield* step(() => page.reload())
        yield* isThere()
        yield* step(() => page.waitForURL(`${server.origin}/#x`))
        expect(yield* step(() => page.evaluate("document.cookie + document.referrer"))).toBe("")
      }),
    )

    it.scoped("is available after the password form", () =>
      Effect.gen(function* () {
        const password = Redacted.make("correct horse")
        const { server } = yield* makePageWorld({ assets: yield* builtPage, password })
        const { open } = yield* TestBrowser
        const page = yield* open(server.origin, refusedOnce)
        yield* step(() => page.locator("input").fill("wrong horse"))
        yield* step(() => page.getByRole("button").click())
        yield* step(() => page.getByRole("heading", { name: "the password is wrong" }).waitFor())
        yield* step(() => page.locator("input").fill("correct horse"))
        yield* step(() => page.getByRole("button").click())
        yield* step(() => page.waitForSelector("#page > *"))
        // The page removes the token from its address; the driver of the browser learns of that a moment later.
        yield* step(() => page.waitForURL(`${server.origin}/`))
      }),
    )

    it.scoped("is unknown to another tab, which shows instructions; an expired token is tried once", () =>
      Effect.gen(function* () {
        const { server } = yield* makePageWorld({ assets: yield* builtPage })
        const { open } = yield* TestBrowser
        const page = yield* open(server.address, refusedOnce)
        yield* step(() => page.waitForSelector("#page > *"))
        const other = yield* step(() => page.context().newPage())
        yield* step(() => other.goto(server.origin))
        expect(yield* step(() => other.title())).toBe("tcpfx: the address has no valid token")
        const text = yield* step(() => other.textContent("body"))
        expect(text).toContain("Open the whole address")
        yield* step(() => page.evaluate("sessionStorage.setItem('tcpfx.token', 'old')"))
        yield* step(() => page.goto(server.origin))
        yield* step(() => page.waitForURL(`${server.origin}/?token=old`))
        expect(yield* step(() => page.title())).toBe("tcpfx: the address has no valid token")
      }),
    )
  })
})

import { describe, expect, layer } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type { Page } from "playwright-core"
import { haveBrowser, step, TestBrowser } from "./support/browser.ts"
import { makePageWorld, someAssets } from "./support/pageWorld.ts"

const file = (contentType: string, text: string) => ({
  contentType,
  plain: Buffer.from(text),
  gzip: undefined,
  brotli: undefined,
  hashed: false,
})

const pageWith = (html: string, script: string) =>
  new Map([
    ...someAssets,
    [
      "/index.html",
      file("text/html; charset=utf-8", `<!doctype html><title>t</title>${html}<script src="page.js"></script>`),
    ],
    ["/page.js", file("text/javascript; charset=utf-8", script)],
  ])

const visit = (html: string, script: string, use: (page: Page) => Effect.Effect<void> = () => Effect.void) =>
  Effect.gen(function* () {
    const { server } = yield* makePageWorld({ assets: pageWith(html, script) })
    const { open } = yield* TestBrowser
    yield* use(yield* open(server.address))
  }).pipe(Effect.scoped, Effect.exit)

describe.skipIf(!haveBrowser())("the browser of the tests", () => {
  layer(TestBrowser.layer, { excludeTestServices: true })((it) => {
    it.effect("passes a page without errors", () =>
      Effect.gen(function* () {
        const title = { current: "" }
        const read = (page: Page) =>
          Effect.map(
            step(() => page.title()),
            (text) => {
              title.current = text
            },
          )
        expect(yield* visit("", "document.title = 'read by the test'", read)).toEqual(Exit.void)
        expect(title.current).toBe("read by the test")
      }),
    )

    it.effect.each([
      ["throws", "", "throw new Error('fault of the page')", /fault of the page/],
      ["writes an error to the console", "", "console.error('said by the page')", /said by the page/],
      ["has an inline script", "<script>document.title = 'x'</script>", "", /Content Security Policy/],
      ["has an inline style", "<p style='color:red'>x</p>", "", /Content Security Policy/],
      ["loads something from another server", "<img src='http://127.0.0.1:9/x.png'>", "", /Content Security Policy/],
    ] as const)("fails a test whose page %s", ([, html, script, problem]) =>
      Effect.gen(function* () {
        const exit = yield* visit(html, script)
        expect(Exit.isFailure(exit) ? Cause.pretty(exit.cause) : "").toMatch(problem)
      }),
    )
  })
})

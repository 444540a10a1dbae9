import { accessSync, constants } from "node:fs"
import { delimiter, join } from "node:path"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core"

const names = ["chromium", "chromium-headless-shell", "google-chrome"]

const executable = (file: string): boolean => {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}

const find = (): string | undefined => {
  const given = process.env["TCPFX_CHROMIUM"]
  if (given !== undefined) return given
  const folders = (process.env["PATH"] ?? "").split(delimiter)
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).find(executable)
}

let path: string | undefined
let isSought = false

const browserPath = (): string | undefined => {
  if (!isSought) {
    isSought = true
    path = find()
    if (path === undefined) console.warn(`skipped: no ${names.join(", ")} on the PATH (apt-get install chromium)`)
  }
  return path
}

/** Whether the machine has a browser. Without one it prints once that the tests are skipped. */
export const haveBrowser = (): boolean => browserPath() !== undefined

/** Options of {@link TestBrowserService.open}. */
export interface OpenOptions extends BrowserContextOptions {
  /** The console messages that the test expects. Every other error on the console fails the test. */
  readonly allow?: ReadonlyArray<RegExp>
}

/** A headless Chromium that a suite shares. Each page has its own session. */
export interface TestBrowserService {
  readonly browser: Browser
  /**
   * Opens a page at an address, in its own session. The end of the scope closes the page. It then fails the test if the page has
   * thrown an error, has written an error or a violation of its content-security policy to the console, or has sent a request to
   * another server.
   */
  readonly open: (address: string, options?: OpenOptions) => Effect.Effect<Page, never, Scope.Scope>
}

/** The errors of a page. */
export class PageProblems extends Error {
  constructor(problems: ReadonlyArray<string>) {
    super(`the page has problems:\n${problems.join("\n")}`)
  }
}

/** Runs a step of Playwright. A failure is a defect, which fails the test. */
export const step = <A>(run: () => Promise<A>): Effect.Effect<A> => Effect.promise(run)

const watch = (page: Page, origin: string, allow: ReadonlyArray<RegExp>): ReadonlyArray<string> => {
  const problems: Array<string> = []
  const add = (problem: string) => {
    if (!allow.some((pattern) => pattern.test(problem))) problems.push(problem)
  }
  page.on("pageerror", (error) => add(`thrown: ${error.stack ?? error.message}`))
  page.on("console", (message) => {
    if (message.type() === "error") add(`console: ${message.text()} (${message.location().url})`)
  })
  page.on("request", (request) => {
    const { origin: asked, protocol } = new URL(request.url())
    if (protocol !== "data:" && protocol !== "blob:" && asked !== origin) add(`asked another server: ${request.url()}`)
  })
  return problems
}

const service = (browser: Browser): TestBrowserService => ({
  browser,
  open: (address, { allow = [], ...options } = {}) =>
    Effect.gen(function* () {
      let problems: ReadonlyArray<string> = []
      const page = yield* Effect.acquireRelease(
        step(async () => {
          const context = await browser.newContext(options)
          const made = await context.newPage()
          problems = watch(made, new URL(address).origin, allow)
          return made
        }),
        (made) =>
          Effect.zipRight(
            step(() => made.context().close()),
            Effect.suspend(() => (problems.length > 0 ? Effect.die(new PageProblems(problems)) : Effect.void)),
          ),
      )
      yield* step(() => page.goto(address))
      return page
    }),
})

/**
 * The browser of a suite:
 * `describe.skipIf(!haveBrowser())("…", () => { layer(TestBrowser.layer, { excludeTestServices: true })((it) => { it.scoped(…) }) })`.
 */
export class TestBrowser extends Context.Tag("tcpfx/test/TestBrowser")<TestBrowser, TestBrowserService>() {
  static readonly layer: Layer.Layer<TestBrowser> = Layer.scoped(
    TestBrowser,
    Effect.map(
      Effect.acquireRelease(
        step(() =>
          chromium.launch({
            executablePath: browserPath() ?? names[0] ?? "chromium",
            // Chromium has no sandbox for root. The machine may have no graphics and little shared memory.
            args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
          }),
        ),
        (browser) => step(() => browser.close()),
      ),
      service,
    ),
  )
}

import { existsSync } from "node:fs"
import { createRequire } from "node:module"
import { fileURLToPath } from "node:url"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Locator, Page } from "playwright-core"
import {
  type Assistant,
  ClientAssistant,
  type ClientAssistantOptions,
  readClientSettings,
  readServerSettings,
  ServerAssistant,
  type ServerAssistantOptions,
  Workspace,
} from "../../../src/assistant/index.ts"
import { Assistant as Domain, type SettingsError } from "../../../src/domain/index.ts"
import { NodeTransport, type Transport } from "../../../src/transport/index.ts"
import { loadAssets } from "../../../src/web/server/Assets.ts"
import { makePageServer } from "../../../src/web/server/PageServer.ts"
import type { PayloadHistory } from "../../../src/web/server/PayloadHistory.ts"
import { type OpenOptions, step, TestBrowser } from "./browser.ts"

const folder = fileURLToPath(new URL("../../../dist/web", import.meta.url))
const require = createRequire(import.meta.url)

/** Options of {@link serveWindows}. */
export interface WindowsOptions {
  readonly server?: ServerAssistantOptions
  readonly client?: ClientAssistantOptions
  readonly saved?: (path: string | undefined) => Effect.Effect<string, Domain.Refusal>
}

/** The built page with real assistants on loopback. */
export interface Windows {
  /** The address with the token. */
  readonly address: string
  /** Opens the page in its own browser session. */
  readonly open: (options?: OpenOptions) => Effect.Effect<Page, never, Scope.Scope>
}

const memoryHistory = (): PayloadHistory => {
  let entries: ReadonlyArray<Domain.PayloadSpec> = []
  return {
    entries: Effect.sync(() => entries),
    add: (payload) =>
      Effect.sync(() => {
        entries = [payload, ...entries]
      }),
  }
}

const noFile = new Domain.Refusal({ reason: "file", message: "there is no project file" })
const refused = (error: { readonly message: string }) => new Domain.Refusal({ reason: "value", message: error.message })

/** Serves the page with one window of each kind. */
export const serveWindows = (options: WindowsOptions = {}): Effect.Effect<Windows, never, Scope.Scope | TestBrowser> =>
  Effect.gen(function* () {
    if (!existsSync(folder)) return yield* Effect.dieMessage("dist/web is missing: run node scripts/build.mjs first")
    const browser = yield* TestBrowser
    const assets = yield* Effect.orDie(loadAssets(folder))
    const workspace = yield* Workspace.make({
      maxTabs: 8,
      open: (kind, settings) =>
        Effect.mapError(
          Effect.provide(
            Effect.gen(function* (): Effect.fn.Return<
              Assistant,
              SettingsError | Domain.Refusal,
              Scope.Scope | Transport
            > {
              if (kind === "server") {
                const own = yield* readServerSettings(settings)
                return yield* ServerAssistant.make({
                  ...options.server,
                  settings: { ...options.server?.settings, ...own },
                })
              }
              const own = yield* readClientSettings(settings)
              return yield* ClientAssistant.make({
                ...options.client,
                ...own,
                settings: { ...options.client?.settings, ...own.settings },
              })
            }),
            NodeTransport.layer,
          ),
          (error) => (error._tag === "Refusal" ? error : refused(error)),
        ),
    })
    yield* Effect.orDie(workspace.open("server"))
    yield* Effect.orDie(workspace.open("client"))
    const server = yield* makePageServer({
      host: "127.0.0.1",
      port: 0,
      assets,
      services: {
        workspace,
        version: "0.0.0",
        attachedTo: "ui",
        history: memoryHistory(),
        project: { read: noFile, save: options.saved ?? (() => noFile) },
      },
    }).pipe(Effect.orDie)
    return {
      address: server.address,
      open: (open) => browser.open(server.address, open),
    }
  })

/** Expects the 403 at the start of a reload. The script of that answer returns to the page with the stored token. */
export const reloading: OpenOptions = { allow: [/403 \(Forbidden\)/] }

/** Shows the window of a kind. */
export const showWindow = async (page: Page, kind: "Server" | "Client"): Promise<void> => {
  await page.locator(".tab-name", { hasText: kind }).first().click()
  await page.getByRole("button", { name: kind === "Server" ? /listening$/ : /connect$/i }).waitFor()
}

/** The status text of the form. */
export const statusText = (page: Page, text: string | RegExp): Locator =>
  page.locator(".form .status-text").filter({ hasText: text })

/** Listens on a free port of 127.0.0.1 in the server window. Returns the port. */
export const startListening = async (page: Page): Promise<number> => {
  await showWindow(page, "Server")
  await page.getByRole("combobox", { name: "Address" }).selectOption("127.0.0.1")
  await page.getByLabel("Port").fill("0")
  await page.getByRole("button", { name: "Start listening" }).click()
  const text = await statusText(page, /^listening on 127\.0\.0\.1:\d+$/).textContent()
  return Number(/:(\d+)$/.exec(text ?? "")?.[1])
}

/** Connects the client window to a port of 127.0.0.1. */
export const connectTo = async (page: Page, port: number): Promise<void> => {
  await showWindow(page, "Client")
  await page.getByRole("textbox", { name: "Address" }).fill("127.0.0.1")
  await page.getByLabel("Port").fill(String(port))
  await page.getByRole("button", { name: "Connect", exact: true }).click()
  await statusText(page, `connected · 127.0.0.1:${port}`).waitFor()
}

/** The rows of the log whose text matches. */
export const rows = (page: Page, text: string | RegExp): Locator =>
  page.locator(".log-rows .row:not([hidden])").filter({ hasText: text })

/** Enters a message in the send box, and sends it. */
export const sendMessage = async (page: Page, content: string): Promise<void> => {
  await page.getByLabel("Message", { exact: true }).fill(content)
  await page.getByRole("button", { name: "Send", exact: true }).click()
}

/** The violations that axe finds on the current page, one in a line. */
export const violations = (page: Page): Effect.Effect<ReadonlyArray<string>> =>
  step(async () => {
    // The debugger of the browser runs the source of axe, so the content-security policy does not apply.
    const { source } = require("axe-core") as { readonly source: string }
    return page.evaluate<ReadonlyArray<string>>(
      `${source}; axe.run(document, { resultTypes: ["violations"] }).then((result) =>
        result.violations.flatMap(({ id, nodes }) => nodes.map((node) => id + ": " + node.target.join(" ") + " " + node.failureSummary)))`,
    )
  })

/** A page with a listening server window. */
export const listeningPage = (options: WindowsOptions = {}, opening: OpenOptions = {}) =>
  Effect.gen(function* () {
    const windows = yield* serveWindows(options)
    const page = yield* windows.open(opening)
    const port = yield* step(() => startListening(page))
    return { ...windows, page, port }
  })

/** The list of clients, and the commands for the selected clients. */
export interface ClientControls {
  readonly page: Page
  readonly option: (id: number) => Locator
  readonly actions: Locator
}

export const clientControls = (page: Page): ClientControls => ({
  page,
  option: (id) => page.locator(`#client-${id}`),
  actions: page.locator(".client-actions"),
})

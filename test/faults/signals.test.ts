import { existsSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { unixEndpoint } from "../../src/domain/index.ts"
import { dialRaw } from "../support/rawPeer.ts"
import { tcpfx } from "../support/tcpfxProcess.ts"
import { temporaryFolder } from "../support/transportFixture.ts"

type EndOrReload = "SIGINT" | "SIGTERM" | "SIGHUP"

interface Order {
  readonly signals: ReadonlyArray<EndOrReload>
  /** Whether SIGHUP reloads a file. Otherwise SIGHUP ends the server like the other signals. */
  readonly reloads: boolean
  readonly end: { readonly code: number | null; readonly signal: NodeJS.Signals | null }
}

const exits = (code: number) => ({ code, signal: null })

// The first signal starts a drain of an hour, because the client never closes. So the last signal ends the server.
const orders: ReadonlyArray<Order> = [
  { signals: ["SIGINT", "SIGINT"], reloads: false, end: exits(130) },
  { signals: ["SIGTERM", "SIGTERM"], reloads: false, end: exits(143) },
  { signals: ["SIGINT", "SIGTERM"], reloads: false, end: exits(143) },
  { signals: ["SIGTERM", "SIGINT"], reloads: false, end: exits(130) },
  { signals: ["SIGHUP", "SIGHUP"], reloads: false, end: exits(129) },
  { signals: ["SIGINT", "SIGHUP"], reloads: false, end: exits(129) },
  { signals: ["SIGHUP", "SIGTERM"], reloads: false, end: exits(143) },
  { signals: ["SIGHUP", "SIGINT", "SIGINT"], reloads: true, end: exits(130) },
  { signals: ["SIGHUP", "SIGTERM", "SIGINT"], reloads: true, end: exits(130) },
  { signals: ["SIGINT", "SIGHUP", "SIGTERM"], reloads: true, end: exits(143) },
  { signals: ["SIGTERM", "SIGHUP", "SIGHUP", "SIGTERM"], reloads: true, end: exits(143) },
  { signals: ["SIGHUP", "SIGHUP", "SIGINT", "SIGHUP", "SIGTERM"], reloads: true, end: exits(143) },
]

describe("signals that end tcpfx serve or reload its rules", () => {
  it.scopedLive("work in every order: the second signal to end decides, and acts at once", () =>
    Effect.forEach(
      orders,
      ({ end, reloads, signals }) =>
        Effect.gen(function* () {
          const folder = yield* temporaryFolder
          const path = join(folder, "serve.sock")
          const rules = join(folder, "rules")
          writeFileSync(rules, "127.0.0.1\n")
          const server = yield* tcpfx([
            ...["serve", `unix:${path}`, "--drain", "1h"],
            ...(reloads ? ["--deny-file", rules] : []),
          ])
          yield* server.waitFor("stderr", /listening on/)
          const client = yield* dialRaw(unixEndpoint(path))
          yield* server.waitFor("stderr", /#1 connected/)
          let ends = 0
          let readAgain = 0
          for (const signal of signals) {
            yield* server.kill(signal)
            if (signal === "SIGHUP" && reloads) {
              readAgain++
              yield* server.waitFor("stderr", new RegExp(`(read the access rules again[^]*){${readAgain}}`))
            }
            if ((signal !== "SIGHUP" || !reloads) && ++ends === 1)
              yield* server.waitFor("stderr", /draining 1 connection for up to 1 h/)
          }
          expect([signals, yield* server.ended]).toEqual([signals, end])
          expect((yield* client.takeRest).length).toBe(0)
          // The end of listening removes the socket file.
          expect([signals, existsSync(path)]).toEqual([signals, false])
        }).pipe(Effect.scoped),
      { concurrency: 3 },
    ),
  )
})

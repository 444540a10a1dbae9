import { describe, expect, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import * as Redacted from "effect/Redacted"
import { makePageWorld } from "./support/pageWorld.ts"
import { request } from "./support/request.ts"

const password = "correct horse & 电池"

const form = (text: string) => new URLSearchParams({ password: text }).toString()

describe("the password of the page", () => {
  it.scopedLive("buys the address with the token, and is asked for by a form that needs no script", () =>
    Effect.gen(function* () {
      const { server } = yield* makePageWorld({ password: Redacted.make(password) })
      const asked = yield* request(server, "/")
      expect([asked.status, asked.text.includes('<form method="post" action="/login">')]).toEqual([403, true])
      const headers = { origin: server.origin, "content-type": "application/x-www-form-urlencoded" }
      const login = (text: string) => request(server, "/login", { method: "POST", headers, body: form(text) })
      const right = yield* login(password)
      expect([right.status, right.headers.location]).toEqual([303, `/?token=${server.token}`])
      for (const wrong of ["", "correct horse", `${password} `]) {
        const { headers: answered, status, text } = yield* login(wrong)
        expect([wrong, status, answered.location]).toEqual([wrong, 403, undefined])
        expect(text).toContain("the password is wrong")
      }
      // A body that no form has is not read to its end: the request ends in a refusal, or in the middle.
      yield* Effect.exit(login("x".repeat(1_000_000)))
      expect((yield* login(password)).status).toBe(303)
    }),
  )

  it.scopedLive("is not taken from another site, nor where there is none", () =>
    Effect.gen(function* () {
      const { server } = yield* makePageWorld({ password: Redacted.make(password) })
      const post = (at: { readonly port: number }, headers: Record<string, string>) =>
        request(at, "/login", {
          method: "POST",
          headers: { "content-type": "application/x-www-form-urlencoded", ...headers },
          body: form(password),
        })
      expect((yield* post(server, { origin: "https://evil.example" })).status).toBe(403)
      expect((yield* post(server, {})).status).toBe(403)
      expect((yield* post(server, { origin: server.origin, "sec-fetch-site": "cross-site" })).status).toBe(403)
      const { server: open } = yield* makePageWorld()
      expect((yield* post(open, { origin: open.origin })).status).toBe(405)
    }),
  )

  it.scopedLive("cannot be guessed by many at once: those above a few are turned away", () =>
    Effect.gen(function* () {
      const { server } = yield* makePageWorld({ password: Redacted.make(password), passwordDelay: "1 hour" })
      const headers = { origin: server.origin, "content-type": "application/x-www-form-urlencoded" }
      const attempt = request(server, "/login", { method: "POST", headers, body: form("guess") })
      const statuses = yield* Queue.unbounded<number>()
      const told = Effect.flatMap(attempt, ({ status }) => Queue.offer(statuses, status))
      yield* Effect.replicateEffect(Effect.forkScoped(told), 12)
      expect(Chunk.toReadonlyArray(yield* Queue.takeN(statuses, 4))).toEqual([429, 429, 429, 429])
    }),
  )
})

describe("the code that starts a browser", () => {
  it.scopedLive("buys the address with the token once", () =>
    Effect.gen(function* () {
      const { server } = yield* makePageWorld()
      const address = yield* server.addressForOnce("127.0.0.1")
      expect(address).not.toContain(server.token)
      const path = address.slice(server.origin.length)
      const first = yield* request(server, path)
      expect([first.status, first.headers.location]).toEqual([303, `/?token=${server.token}`])
      expect((yield* request(server, path)).status).toBe(403)
      expect((yield* request(server, "/open")).status).toBe(403)
      expect((yield* request(server, "/open?code=")).status).toBe(403)
    }),
  )
})

import { connect, type Socket } from "node:net"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import { describe, expect, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Queue from "effect/Queue"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/TestClock"
import { makeLogin } from "../../src/web/server/login.ts"
import { makePageWorld } from "./support/pageWorld.ts"
import { request } from "./support/request.ts"

const password = "correct horse & 电池"

const form = (text: string) => new URLSearchParams({ password: text }).toString()

describe("the password of the page", () => {
  it.scopedLive("leads to the address with the token, by a form that needs no script", () =>
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
      // The server does not read an oversized body to its end. It refuses the request, or closes the connection.
      yield* Effect.exit(login("x".repeat(1_000_000)))
      expect((yield* login(password)).status).toBe(303)
    }),
  )

  it.scopedLive("is refused from another site, and on a server without a password", () =>
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

  it.scopedLive("cannot be guessed in parallel: the server refuses too many attempts at once", () =>
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

/** A request with the form, in the format of a browser. */
const formRequest = (text: string) =>
  HttpServerRequest.fromWeb(
    new Request("http://127.0.0.1/login", {
      method: "POST",
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body: form(text),
    }),
  )

it.scoped("a guess that disconnects before its answer delays the next attempt by the same time", () =>
  Effect.gen(function* () {
    const login = yield* makeLogin(Redacted.make(password))
    const attempt = (text: string) =>
      Effect.fork(Effect.provideService(login, HttpServerRequest.HttpServerRequest, formRequest(text)))
    // Reading the form needs turns of the event loop, which the test clock does not control.
    const turns = Effect.forEach(Array.from({ length: 50 }), () =>
      Effect.promise(() => new Promise<void>((resume) => setImmediate(resume))),
    )
    const guess = yield* attempt("guess")
    yield* turns
    yield* Fiber.interrupt(guess)
    const right = yield* attempt(password)
    yield* turns
    yield* TestClock.adjust("499 millis")
    yield* turns
    expect(Option.isNone(yield* Fiber.poll(right))).toBe(true)
    yield* TestClock.adjust("1 millis")
    expect(yield* Fiber.join(right)).toBe("right")
  }),
)

describe("a peer that is slow", () => {
  const slowly = (port: number, text: string) =>
    Effect.acquireRelease(
      Effect.sync(() => {
        const socket = connect(port, "127.0.0.1", () => socket.write(text))
        return socket.on("error", () => {})
      }),
      (socket) => Effect.sync(() => socket.destroy()),
    )
  const closed = (socket: Socket) =>
    Effect.async<void>((resume) => {
      socket.resume()
      socket.once("close", () => resume(Effect.void))
    })

  it.scopedLive("with its form does not delay other browsers", () =>
    Effect.gen(function* () {
      const { server } = yield* makePageWorld({ password: Redacted.make(password) })
      const head =
        `POST /login HTTP/1.1\r\nhost: 127.0.0.1:${server.port}\r\norigin: ${server.origin}\r\n` +
        "content-type: application/x-www-form-urlencoded\r\ncontent-length: 100\r\n\r\npassword="
      for (let count = 0; count < 10; count++) yield* slowly(server.port, head)
      // The answer to another request proves that the server has read the heads of the slow ones.
      yield* request(server, "/")
      const headers = { origin: server.origin, "content-type": "application/x-www-form-urlencoded" }
      const right = yield* request(server, "/login", { method: "POST", headers, body: form(password) })
      expect(right.status).toBe(303)
    }),
  )

  it.scopedLive("with its request, or sends none, is closed", () =>
    Effect.gen(function* () {
      const { server } = yield* makePageWorld({ requestTimeout: "40 millis" })
      const silent = yield* slowly(server.port, "")
      const halting = yield* slowly(server.port, "GET / HTTP/1.1\r\nhost: ")
      yield* Effect.all([closed(silent), closed(halting)], { concurrency: "unbounded" })
    }),
  )
})

describe("the code that starts a browser", () => {
  it.scopedLive("leads to the address with the token once", () =>
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

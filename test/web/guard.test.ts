import * as net from "node:net"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import { hostNameOf, sameSecret } from "../../src/web/server/Guard.ts"
import { makePageWorld } from "./support/pageWorld.ts"
import { openSocket, request, withToken } from "./support/request.ts"

/** A peer that sends a text and then keeps its socket open. */
const peer = (port: number, text: string) =>
  Effect.map(
    Effect.acquireRelease(
      Effect.async<net.Socket>((resume) => {
        const socket = net.connect({ port, host: "127.0.0.1", allowHalfOpen: true })
        socket.on("error", () => {})
        socket.on("connect", () => socket.write(text, () => resume(Effect.succeed(socket))))
      }),
      (socket) => Effect.sync(() => socket.destroy()),
    ),
    (socket) => {
      let received = ""
      const until = (wanted: string) =>
        Effect.async<void>((resume) => {
          socket.on("data", (chunk: Buffer) => {
            received += chunk.toString("latin1")
            if (received.includes(wanted)) resume(Effect.void)
          })
        })
      return { until }
    },
  )

describe("the guard of the page's server", () => {
  it.scopedLive("serves the page with a valid token, and a page with instructions without it", () =>
    Effect.gen(function* () {
      const { server } = yield* makePageWorld()
      const right = yield* request(server, withToken(server, "/"))
      expect([right.status, right.text]).toEqual([200, "<!doctype html><title>page</title>"])
      const wrongToken = `${server.token.slice(0, -1)}${server.token.endsWith("A") ? "B" : "A"}`
      for (const path of ["/", "/index.html", "/?token=", `/?token=${wrongToken}`, `/?token=${server.token}x`]) {
        const { headers, status, text } = yield* request(server, path)
        expect([path, status, headers["content-type"]]).toEqual([path, 403, "text/html; charset=utf-8"])
        expect(text).toContain("Open the whole address that tcpfx has printed")
        expect(text).not.toContain(server.token)
      }
    }),
  )

  it.scopedLive("serves the page under the names of this machine with any port, and under no other name", () =>
    Effect.gen(function* () {
      const { server } = yield* makePageWorld({ hosts: ["plant.example"] })
      const statusOf = (host: string) =>
        Effect.map(request(server, withToken(server, "/"), { headers: { host } }), ({ status }) => status)
      const ours = [`127.0.0.1:${server.port}`, "localhost:8080", "[::1]:80", "LOCALHOST", "plant.example:443"]
      for (const host of ours) expect([host, yield* statusOf(host)]).toEqual([host, 200])
      const others = [
        "evil.example",
        `evil.example:${server.port}`,
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "192.168.1.5",
        "localhost@evil.example",
        "[::2]",
      ]
      for (const host of others) expect([host, yield* statusOf(host)]).toEqual([host, 403])
    }),
  )

  it.scopedLive("opens a WebSocket only for its own page", () =>
    Effect.gen(function* () {
      const { server } = yield* makePageWorld()
      const host = `127.0.0.1:${server.port}`
      const origin = `http://${host}`
      expect(yield* openSocket(server, { origin })).toBe("open")
      expect(yield* openSocket(server, { origin: "http://localhost:8080", host: "localhost:8080" })).toBe("open")
      const refused: ReadonlyArray<readonly [string, Record<string, string>, string?]> = [
        ["a wrong token", { origin }, "x".repeat(server.token.length)],
        ["no token", { origin }, ""],
        ["no origin", {}],
        ["the origin of another site", { origin: "https://evil.example" }],
        ["the origin of another port", { origin: "http://127.0.0.1:1" }],
        ["the origin null of a sandboxed frame", { origin: "null" }],
        ["the origin with another scheme", { origin: `https://${host}` }],
        ["a rebound name that matches itself", { origin: "http://evil.example", host: "evil.example" }],
      ]
      for (const [what, headers, token] of refused) {
        expect([what, yield* openSocket(server, headers, token)]).toEqual([what, 403])
      }
    }),
  )

  it.scopedLive("ends although refused peers, and peers with half a request, keep their sockets open", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const { server } = yield* Scope.extend(makePageWorld(), scope)
      const upgrade = `GET /rpc HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n`
      const refused = yield* peer(server.port, upgrade)
      yield* refused.until("refused: origin")
      yield* peer(server.port, "GET / HTTP/1.1\r\nhost: 127.0.0.1")
      yield* peer(server.port, "")
      yield* Scope.close(scope, Exit.void)
    }),
  )

  it.scopedLive("serves a download only to its own page", () =>
    Effect.gen(function* () {
      const { server, standIns, workspace } = yield* makePageWorld()
      yield* workspace.open("server")
      yield* Effect.forEach(["one", "two"], (text) => standIns[0]?.tell(text) ?? Effect.void)
      const path = "/save?tab=1&format=text"
      const saved = yield* request(server, withToken(server, path), { headers: { "sec-fetch-site": "same-origin" } })
      expect([saved.status, saved.text]).toEqual([200, "one\ntwo\n"])
      expect(saved.headers["content-disposition"]).toMatch(/^attachment; filename="tcpfx-1-\d{8}T\d{6}Z\.txt"$/)
      expect((yield* request(server, path)).status).toBe(403)
      for (const site of ["cross-site", "same-site"]) {
        const other = yield* request(server, withToken(server, path), { headers: { "sec-fetch-site": site } })
        expect([site, other.status]).toEqual([site, 403])
      }
      const statuses = yield* Effect.forEach(
        [
          "/save",
          "/save?tab=1&format=exe",
          "/save?tab=9&format=raw",
          `/save?tab=1&format=text&filter=${encodeURIComponent('{"regex":"("}')}`,
          "/save?tab=1&format=text&filter=x",
        ],
        (bad) => Effect.map(request(server, withToken(server, bad)), ({ status }) => status),
      )
      expect(statuses).toEqual([400, 400, 404, 400, 400])
    }),
  )

  it("parses the hosts of headers, and compares secrets of any length", () => {
    expect(["a", "a:1", "[::1]:1", "[::1]", "A.B"].map(hostNameOf)).toEqual(["a", "a", "::1", "::1", "a.b"])
    expect(["a:b", "[::1", "a/b", "a:1:2", "", ":1", "a b"].map(hostNameOf)).toEqual(Array(7).fill(undefined))
    expect([sameSecret("a", "a"), sameSecret("a", "b"), sameSecret("a", "aa"), sameSecret("", "a")]).toEqual([
      true,
      false,
      false,
      false,
    ])
  })
})

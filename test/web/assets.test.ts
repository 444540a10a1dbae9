import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { makePageWorld } from "./support/pageWorld.ts"
import { request, withToken } from "./support/request.ts"

const script = "/assets/index-1a2b.js"

describe("the files of the page", () => {
  it.scopedLive("have headers that forbid files of other servers, and only hashed names are cached", () =>
    Effect.gen(function* () {
      const { server } = yield* makePageWorld()
      const page = yield* request(server, withToken(server, "/"))
      const file = yield* request(server, script)
      const missing = yield* request(server, "/assets/other.js")
      const refused = yield* request(server, "/")
      expect([page, file, missing, refused].map(({ status }) => status)).toEqual([200, 200, 404, 403])
      for (const { headers } of [page, file, missing, refused]) {
        const policy = headers["content-security-policy"] ?? ""
        for (const part of ["default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'"]) {
          expect(policy).toContain(part)
        }
        expect(policy).not.toContain("unsafe")
        expect(headers).toMatchObject({
          "x-content-type-options": "nosniff",
          "referrer-policy": "no-referrer",
          "cross-origin-opener-policy": "same-origin",
          "cross-origin-resource-policy": "same-origin",
        })
        expect(headers["set-cookie"]).toBeUndefined()
      }
      expect([page, file, missing, refused].map(({ headers }) => headers["cache-control"])).toEqual([
        "no-store",
        "public, max-age=31536000, immutable",
        "no-store",
        "no-store",
      ])
    }),
  )

  it.scopedLive("are sent in the smallest form that the browser accepts", () =>
    Effect.gen(function* () {
      const { server } = yield* makePageWorld()
      const get = (accept: string) => request(server, script, { headers: { "accept-encoding": accept } })
      const br = yield* get("gzip, deflate, br")
      expect([br.headers["content-encoding"], br.text]).toEqual(["br", "br of let page"])
      for (const accept of ["identity", "gzip", "br;q=0, gzip", "brotli"]) {
        const { headers, text } = yield* get(accept)
        expect([accept, headers["content-encoding"], text]).toEqual([accept, undefined, "let page"])
        expect(headers.vary).toBe("accept-encoding")
      }
    }),
  )

  it.scopedLive("are the only files of the server: no path leads to others, and no method changes them", () =>
    Effect.gen(function* () {
      const { server } = yield* makePageWorld()
      const paths = [
        "/../package.json",
        "/assets/../../package.json",
        "/assets/%2e%2e/%2e%2e/package.json",
        "/assets/..%2f..%2fpackage.json",
        "/assets\\..\\..\\package.json",
        "//etc/passwd",
        "/etc/passwd",
        "/assets/",
        "/assets/index-1a2b.js%00.html",
        "/%",
        "/__proto__",
        "/constructor",
      ]
      for (const path of paths) {
        const { status, text } = yield* request(server, path)
        expect([path, status, text]).toEqual([path, 404, "There is no such file.\n"])
      }
      for (const method of ["POST", "PUT", "DELETE", "OPTIONS"]) {
        expect((yield* request(server, script, { method })).status).toBe(405)
      }
      const head = yield* request(server, script, { method: "HEAD" })
      expect([head.status, head.text]).toEqual([200, ""])
    }),
  )
})

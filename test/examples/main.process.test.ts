import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { parseEndpoint } from "tcpfx/domain"
import { NodeTransport } from "tcpfx/transport"
import { hello } from "../../examples/hello-client.ts"
import { start } from "../support/tcpfxProcess.ts"

it.scopedLive("the program of the first server prints its endpoint, answers, and ends after SIGTERM", () =>
  Effect.gen(function* () {
    const server = yield* start(process.execPath, ["scripts/run-ts.mjs", "examples/main.ts"])
    const [, endpoint = ""] = yield* server.waitFor("stdout", /listening on (.+)\n/)
    expect(yield* hello(yield* parseEndpoint(endpoint))).toBe("Hello, client!")
    server.child.kill("SIGTERM")
    expect((yield* server.ended).signal).toBe(null)
    expect(server.text("stderr")).toBe("")
  }).pipe(Effect.provide(NodeTransport.layer)),
)

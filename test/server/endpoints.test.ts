import { existsSync } from "node:fs"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Client } from "../../src/client/index.ts"
import { endpointProblem, fdEndpoint, tcpEndpoint, unixEndpoint } from "../../src/domain/index.ts"
import { Handler, Server } from "../../src/server/index.ts"
import { Testing } from "../../src/testing/index.ts"
import { overEachTransport } from "../support/eachTransport.ts"

const wrong = [
  [tcpEndpoint("127.0.0.1", 70_000), "the port 70000 is not a whole number from 0 to 65535"],
  [tcpEndpoint("127.0.0.1", -1), "the port -1 is not a whole number from 0 to 65535"],
  [tcpEndpoint("127.0.0.1", 1.5), "the port 1.5 is not a whole number from 0 to 65535"],
  [tcpEndpoint("localhost", Number.NaN), "the port NaN is not a whole number from 0 to 65535"],
  [tcpEndpoint("", 80), "the host is empty; give an IP address or a name"],
  [unixEndpoint(""), "the path is empty"],
  [unixEndpoint("@"), 'the name after the "@" is empty'],
  [unixEndpoint("a\0b"), "the path contains a zero byte"],
  [unixEndpoint("x".repeat(108)), "the path has 108 bytes; the maximum is 107"],
  [unixEndpoint(`@${"\u00e9".repeat(54)}`), "the path has 108 bytes; the maximum is 107"],
] as const

describe("an invalid endpoint", () => {
  overEachTransport("is refused with the reason, for listening and for connecting, and nothing is opened", () =>
    Effect.gen(function* () {
      const server = yield* Server.make({ handler: Handler.echo() })
      const client = yield* Client.make()
      const told = yield* Testing.probe(client.subscribeEvents())
      for (const [endpoint, problem] of wrong) {
        const notHeard = yield* Effect.flip(server.listen(endpoint))
        expect([notHeard._tag, notHeard.reason, notHeard.code]).toEqual(["ListenError", "InvalidEndpoint", "EINVAL"])
        expect(notHeard.message).toMatch(/^cannot listen on /)
        expect(notHeard.message).toContain(problem)
        const notDialled = yield* Effect.flip(client.connect(endpoint))
        expect([notDialled._tag, notDialled.reason, notDialled.code]).toEqual([
          "ConnectError",
          "InvalidEndpoint",
          "EINVAL",
        ])
        expect(notDialled.message).toContain(problem)
      }
      expect(yield* server.listening).toEqual([])
      expect(existsSync("a")).toBe(false)
      expect(existsSync("x".repeat(107))).toBe(false)
      expect(told.tags().filter((tag) => tag !== "ConnectFailed")).toEqual([])
    }),
  )

  overEachTransport("is refused if a program without types passes another value, and nothing is opened", () =>
    Effect.gen(function* () {
      const server = yield* Server.make({ handler: Handler.echo() })
      const client = yield* Client.make()
      const others = [
        [9000, '"9000": it is not an endpoint; expected a text such as "127.0.0.1:9000"'],
        [undefined, '"undefined": it is not an endpoint'],
        [null, '"null": it is not an endpoint'],
        [["127.0.0.1:0"], "it is not an endpoint"],
        [{ host: "127.0.0.1", port: 0 }, "it is not an endpoint"],
        [{ _tag: "Tcp", host: undefined, port: 0 }, "the host is undefined; give an IP address or a name"],
        [{ _tag: "Unix" }, "the path is undefined"],
      ] as const
      for (const [value, problem] of others) {
        const endpoint = value as unknown as string
        for (const error of [
          yield* Effect.flip(server.listen(endpoint)),
          yield* Effect.flip(client.connect(endpoint)),
        ]) {
          expect(error.reason).toBe("InvalidEndpoint")
          expect(error.message).toContain(problem)
        }
      }
      expect(yield* server.listening).toEqual([])
    }),
  )

  overEachTransport("is not dialled again", () =>
    Effect.gen(function* () {
      const client = yield* Client.make()
      const error = yield* Effect.flip(client.run(tcpEndpoint("127.0.0.1", 70_000), () => Effect.void))
      expect(error).toMatchObject({ reason: "InvalidEndpoint" })
    }),
  )

  it("is distinguished from an endpoint at the limits", () => {
    for (const port of [0, 1, 65_535]) expect(endpointProblem(tcpEndpoint("::", port))).toBe(undefined)
    for (const path of ["x".repeat(107), `@${"x".repeat(107)}`])
      expect(endpointProblem(unixEndpoint(path))).toBe(undefined)
    expect(endpointProblem(fdEndpoint(3))).toBe(undefined)
    expect(endpointProblem(fdEndpoint(-1))).toBe("-1 is not a descriptor")
  })
})

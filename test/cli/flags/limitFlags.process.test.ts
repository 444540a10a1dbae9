import { fileURLToPath } from "node:url"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { tcpEndpoint } from "../../../src/domain/index.ts"
import { haveAll, type Peer } from "../../support/peers.ts"
import { dialRaw } from "../../support/rawPeer.ts"
import { expectServeRefuses, start, tcpfx, tcpfxServe } from "../../support/tcpfxProcess.ts"
import { string } from "../../support/texts.ts"

const bin = fileURLToPath(new URL("../../../bin/tcpfx.cjs", import.meta.url))
const local = (port: number) => tcpEndpoint("127.0.0.1", port)

describe("the deadlines of tcpfx serve", () => {
  it.scopedLive("close a client that does not complete its first line, and say so", () =>
    Effect.gen(function* () {
      const { server, port } = yield* tcpfxServe(["--frame", "line", "--first-frame-timeout", "200ms"])
      const loris = yield* dialRaw(local(port))
      yield* loris.send("half a li")
      expect((yield* loris.takeRest).length).toBe(0)
      yield* loris.halfClose
      yield* server.waitFor("stderr", /#1 closed: it sent no whole frame within 200 ms/)
    }),
  )

  it.scopedLive("close a client that takes nothing, and say so", () =>
    Effect.gen(function* () {
      const { server, port } = yield* tcpfxServe(["--broker", "--write-timeout", "300ms", "--no-traffic"])
      yield* dialRaw(local(port), { reads: false })
      yield* server.waitFor("stderr", /#1 connected/)
      const sender = yield* dialRaw(local(port))
      yield* server.waitFor("stderr", /#2 connected/)
      yield* sender.send(new Uint8Array(32 * 1024 * 1024))
      yield* server.waitFor("stderr", /#1 closed: it accepted none of its \d+ queued bytes for 300 ms/)
    }),
  )

  it.scopedLive(
    "send a heartbeat to a silent client, from flags or the environment, and close it if it stays silent",
    () =>
      Effect.gen(function* () {
        const { server, port } = yield* tcpfxServe(["--frame", "line", "--heartbeat-interval", "200ms"], {
          env: { TCPFX_HEARTBEAT: "are you\\tthere?" },
        })
        const deaf = yield* dialRaw(local(port))
        expect(string(yield* deaf.takeRest)).toBe("are you\tthere?\n")
        yield* server.waitFor("stderr", /#1 closed: it sent nothing for 200 ms after a heartbeat/)
        expect(server.text("stdout")).toBe("")
      }),
  )
})

const ss: Peer = { program: "ss", known: /socket/, dial: () => [] }

describe("the limits of tcpfx serve", () => {
  it.scopedLive("tell the client that they refuse, and the operator, why", () =>
    Effect.gen(function* () {
      const { port, server } = yield* tcpfxServe(["-m", "2", "--refusal", "full: two clients are connected\\n"])
      for (const id of [1, 2]) {
        yield* dialRaw(local(port))
        yield* server.waitFor("stderr", new RegExp(`#${id} connected`))
      }
      const third = yield* dialRaw(local(port))
      expect(string(yield* third.takeRest)).toBe("full: two clients are connected\n")
      yield* server.waitFor("stderr", /127\.0\.0\.1:\d+ refused: .*2 connections/)
      yield* expectServeRefuses([
        [
          ["--refusal", "full", "--tls"],
          /--refusal has no effect with TLS: a limit refuses a client before its handshake/,
        ],
        [["--refusal", "a\\nb", "--frame", "line"], /--refusal: the payload cannot be sent as one frame \(line\)/],
      ])
    }),
  )

  it.scopedLive("read a client that sends too fast more slowly, and say so once at the start and end", () =>
    Effect.gen(function* () {
      const { server, port } = yield* tcpfxServe(["--max-rate", "1MiB", "--no-traffic"])
      const flood = yield* dialRaw(local(port))
      yield* flood.send(new Uint8Array(2 * 1024 * 1024))
      yield* server.waitFor("stderr", /#1 is throttled: it sends more than 1 MiB a second/)
      yield* server.waitFor("stderr", /#1 is no longer throttled/)
      expect(server.text("stderr").match(/is throttled/g)?.length).toBe(1)
    }),
  )

  it.scopedLive("close the client with the longest queue when all queues together are too long, and say so", () =>
    Effect.gen(function* () {
      const { server, port } = yield* tcpfxServe(["--broker", "--max-pending", "2MiB", "--no-traffic"], {
        env: { TCPFX_HUB_BUDGET: "1GiB" },
      })
      yield* dialRaw(local(port), { reads: false })
      yield* server.waitFor("stderr", /#1 connected/)
      const sender = yield* dialRaw(local(port))
      yield* sender.send(new Uint8Array(32 * 1024 * 1024))
      yield* server.waitFor("stderr", /#1 closed: it read too slowly: \d+ bytes were queued for all peers/)
    }),
  )

  it.scopedLive("say what is wrong with a value or a combination, and exit with 2", () =>
    Effect.gen(function* () {
      const cases = [
        [["--max-conns", "0"], /--max-conns: "0" is not a count/],
        [["--max-conns", "many"], /--max-conns: "many" is not a count: it is not a whole number/],
        [["--idle-timeout", "0"], /--idle-timeout: "0" is not a deadline/],
        [["--first-frame-timeout", "0"], /--first-frame-timeout: "0" is not a deadline/],
        [["--max-rate", "fast"], /--max-rate: "fast" is not a size/],
        [["--max-rate-in-all", "0"], /--max-rate-in-all: "0" is not a size/],
        [["--max-pending", "-1"], /--max-pending: "-1" is not a size/],
        [
          ["--keepalive", "100ms"],
          /--keepalive: "100ms" is not a keepalive: the time is out of range; expected TIME, TIME,INTERVAL/,
        ],
        [["--keepalive", "5s,2s,128"], /--keepalive: "5s,2s,128" is not a keepalive: the count is out of range/],
        [["--write-timeout", "soon"], /--write-timeout: "soon" is not a duration/],
        [["--backlog", "0"], /--backlog: "0" is not a count/],
        [["--backlog", "70000"], /--backlog: "70000" is not a count: it is out of range; expected 1 to 65535/],
        [["--heartbeat", "\\q", "--frame", "line"], /--heartbeat: "\\\\q" is not a text with escapes/],
        [["--heartbeat-interval", "5s"], /--heartbeat-interval needs --heartbeat TEXT/],
        [["--heartbeat-timeout", "5s"], /--heartbeat-timeout needs --heartbeat TEXT/],
      ] as const
      yield* expectServeRefuses(cases)
    }),
  )
})

describe.skipIf(!haveAll(ss))("the keepalive of tcpfx serve", () => {
  const timersOf = (args: ReadonlyArray<string>, dialArgs: ReadonlyArray<string>) =>
    Effect.gen(function* () {
      const { server, port } = yield* tcpfxServe(args)
      yield* tcpfx(["connect", `127.0.0.1:${port}`, ...dialArgs])
      yield* server.waitFor("stderr", /#1 connected/)
      const listed = Effect.gen(function* () {
        const listing = yield* start("ss", ["-Hotn", `sport = :${port}`])
        yield* listing.ended
        return listing.text("stdout")
      })
      // While sent data is not acknowledged, ss shows another timer.
      return yield* Effect.repeat(listed, { until: (text) => !text.includes("timer:(on") })
    })

  it.scopedLive("is on for every client with --keepalive, also with TLS, and otherwise off", () =>
    Effect.gen(function* () {
      expect(yield* timersOf(["--keepalive", "5m"], [])).toMatch(/^ESTAB.*timer:\(keepalive,[45]min/)
      expect(yield* timersOf(["--keepalive", "5m", "--tls"], ["--tls", "--insecure"])).toMatch(
        /timer:\(keepalive,[45]min/,
      )
      expect(yield* timersOf([], [])).toMatch(/^ESTAB(?!.*keepalive)/)
    }),
  )
})

describe.skipIf(!haveAll(ss))("the backlog of tcpfx serve", () => {
  it.scopedLive("is that of the listening socket", () =>
    Effect.gen(function* () {
      const { port } = yield* tcpfxServe(["--backlog", "7"])
      const listing = yield* start("ss", ["-Hltn", `sport = :${port}`])
      yield* listing.ended
      // The columns are State, Recv-Q and Send-Q. For a listening socket, Send-Q is its backlog.
      expect(listing.text("stdout")).toMatch(/^LISTEN +0 +7 /)
    }),
  )
})

describe("tcpfx serve --max-conns", () => {
  it.scopedLive("closes a further connection, and says so", () =>
    Effect.gen(function* () {
      const { server, port } = yield* tcpfxServe(["-m", "1"])
      yield* dialRaw(local(port))
      yield* server.waitFor("stderr", /#1 connected/)
      const second = yield* dialRaw(local(port))
      expect((yield* second.takeRest).length).toBe(0)
      yield* server.waitFor("stderr", /refused: the limit of 1 connection is reached/)
    }),
  )

  it.scopedLive("adapts to a low limit of open files and says so; an explicit number above the limit is refused", () =>
    Effect.gen(function* () {
      const limited = (args: string) =>
        start("/bin/sh", ["-c", `ulimit -n 200; exec "${process.execPath}" "${bin}" serve 127.0.0.1:0 ${args}`])
      const fitting = yield* limited("")
      yield* fitting.waitFor(
        "stderr",
        /listening on [^\n]+\n(.*\n)*tcpfx: at most 136 connections at once: the limit of open files is 200/,
      )
      const asking = yield* limited("--max-conns 150")
      expect((yield* asking.ended).code).toBe(2)
      expect(asking.text("stderr")).toMatch(/150 connections need 214 open files, but the limit is 200/)
      const shared = yield* limited("--max-conns 300 --workers 2 --mode echo")
      expect((yield* shared.ended).code).toBe(2)
      expect(shared.text("stderr")).toMatch(/300 connections need 214 open files in each process, but the limit is 200/)
    }),
  )
})

describe("tcpfx serve --idle-timeout", () => {
  it.scopedLive("closes a client that sends nothing, and stays", () =>
    Effect.gen(function* () {
      const { server, port } = yield* tcpfxServe(["-i", "200ms"])
      const silent = yield* dialRaw(local(port))
      expect((yield* silent.takeRest).length).toBe(0)
      yield* silent.halfClose
      yield* server.waitFor("stderr", /#1 closed: it sent nothing for 200 ms/)
      yield* dialRaw(local(port))
      yield* server.waitFor("stderr", /#2 connected/)
    }),
  )
})

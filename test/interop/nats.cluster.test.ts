import { connect } from "node:net"
import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { type Endpoint, unixEndpoint } from "../../src/domain/index.ts"
import { framesOf, natsBroker, natsNode, numbers, publishNumbers } from "../support/natsNode.ts"
import { natsServer, type RunningNats, startNats } from "../support/natsServer.ts"
import { haveNetworks, network } from "../support/netns.ts"
import { haveAll } from "../support/peers.ts"
import { dialRaw } from "../support/rawPeer.ts"
import { tcpfx } from "../support/tcpfxProcess.ts"
import { tcpProxy } from "../support/tcpProxy.ts"
import { temporaryFolder } from "../support/transportFixture.ts"
import { textOf } from "../support/wireProbe.ts"

/** Three servers that are one cluster. */
const cluster = Effect.gen(function* () {
  const first = yield* startNats({ cluster: { routes: [] } })
  const routes = first.route === undefined ? [] : [first.route]
  const second = yield* startNats({ cluster: { routes } })
  const third = yield* startNats({ cluster: { routes } })
  return [first, second, third] as const
})

const urls = (servers: ReadonlyArray<RunningNats>) => servers.map(({ url }) => url)

describe.runIf(haveAll(natsServer))("nodes on a cluster of three NATS servers", { timeout: 120_000 }, () => {
  it.scopedLive("get each frame of all nodes once and in order, each node on a server of its own", () =>
    Effect.gen(function* () {
      const servers = yield* cluster
      const nodes = yield* Effect.forEach(servers, ({ url }, at) => natsNode(url, `n${at}`), { concurrency: 3 })
      for (const { events } of nodes) yield* events.first("NodeJoined", 2)
      const count = 3000
      yield* Effect.forEach(nodes, ({ hub }, at) => publishNumbers(hub, `n${at}:`, 0, count), { concurrency: 3 })
      for (const { got, has } of nodes) {
        yield* has(3 * count)
        for (const at of [0, 1, 2]) expect(framesOf(got, `n${at}:`)).toEqual(numbers(`n${at}:`, count))
      }
    }),
  )

  it.scopedLive("go to another server when theirs is killed, and tell every frame that was lost", () =>
    Effect.gen(function* () {
      const servers = yield* cluster
      const all = urls(servers)
      const a = yield* natsNode(all[0] ?? "", "a")
      const b = yield* natsNode([all[1] ?? "", all[2] ?? ""], "b")
      yield* a.events.one("NodeJoined")
      yield* b.events.next("HubAttached")
      const home = servers.find(({ port }) => b.state().server.endsWith(`:${port}`))
      const publishing = yield* Effect.fork(
        Effect.forEach(
          Array.from({ length: 60 }),
          (_, turn) => Effect.zipRight(publishNumbers(a.hub, "a", 20 * turn, 20), Effect.sleep("5 millis")),
          { discard: true },
        ),
      )
      yield* b.has(100)
      yield* home?.process.kill("SIGKILL") ?? Effect.die("the node has no server")
      yield* b.events.next("HubDetached")
      yield* b.events.next("HubAttached")
      yield* publishing.await
      yield* publishNumbers(a.hub, "a", 1200, 1)
      yield* b.until((got) => got.at(-1) === "a1200")
      const places = b.got.map((text) => Number(text.slice(1)))
      expect(places).toEqual([...new Set(places)].toSorted((one, two) => one - two))
      expect(b.got.length + b.missed("a")).toBe(1201)
    }),
  )
})

describe.runIf(haveAll(natsServer))("a node that is too slow for NATS", { timeout: 120_000 }, () => {
  it.scopedLive("is told what it missed, and slows nobody down", () =>
    Effect.gen(function* () {
      const { port, url } = yield* startNats({ config: "max_pending: 1MB\nwrite_deadline: 1s" })
      const proxy = yield* tcpProxy(port)
      const a = yield* natsNode(url, "a")
      const b = yield* natsNode(`nats://127.0.0.1:${proxy.port}`, "b")
      const c = yield* natsNode(url, "c")
      yield* a.events.first("NodeJoined", 2)
      yield* b.events.next("HubAttached")
      yield* proxy.freeze
      const count = 40
      const filler = "x".repeat(500_000)
      for (let at = 0; at < count; at++) yield* publishNumbers(a.hub, `${filler}a`, at, 1)
      yield* c.has(count)
      expect(a.events.tags()).not.toContain("HubDetached")
      yield* proxy.thaw
      yield* b.events.next("HubDetached")
      yield* b.events.next("HubAttached")
      yield* publishNumbers(a.hub, "a", count, 1)
      yield* b.until((got) => got.at(-1) === `a${count}`)
      expect(b.missed("a")).toBeGreaterThan(0)
      expect(b.got.length + b.missed("a")).toBe(count + 1)
    }),
  )
})

describe.runIf(haveAll(natsServer))("a node that is killed", { timeout: 120_000 }, () => {
  it.scopedLive("leaves after the timeout", () =>
    Effect.gen(function* () {
      const { url } = yield* startNats()
      const a = yield* natsNode(url, "a", { announceInterval: "200 millis", nodeTimeout: "1 second" })
      const other = yield* tcpfx([
        "serve",
        "127.0.0.1:0",
        "--broker",
        "--frame",
        "line",
        "--hub",
        url,
        "--hub-node",
        "b",
      ])
      yield* a.events.one("NodeJoined", ({ node }) => node === "b")
      yield* other.kill("SIGKILL")
      yield* a.events.one("NodeLeft", ({ cause, node }) => node === "b" && cause === "silent")
    }),
  )
})

describe.runIf(haveAll(natsServer) && haveNetworks())(
  "a partition between two nodes and NATS",
  { timeout: 120_000 },
  () => {
    it.scopedLive("leaves the clients of each node together, and ends without a gap", () =>
      Effect.gen(function* () {
        const net = yield* network
        const nats = yield* net.start("nats-server", ["-a", "127.0.0.1", "-p", "4222"])
        yield* nats.waitFor("stderr", /Server is ready/)
        const folder = yield* temporaryFolder
        const serve = (node: string) =>
          Effect.gen(function* () {
            const path = join(folder, node)
            const args = ["--broker", "--frame", "line", "--hub", "nats://127.0.0.1:4222", "--hub-node", node]
            const process = yield* net.tcpfx(["serve", `unix:${path}`, ...args])
            yield* process.waitFor("stderr", /the hub is attached/)
            return { process, endpoint: unixEndpoint(path) }
          })
        const one = yield* serve("one")
        const two = yield* serve("two")
        const [writer, neighbour, far] = yield* Effect.all([
          dialRaw(one.endpoint),
          dialRaw(one.endpoint),
          dialRaw(two.endpoint),
        ])
        yield* one.process.waitFor("stderr", /#2 connected/)
        yield* two.process.waitFor("stderr", /#1 connected/)
        yield* writer.send("before\n")
        expect(textOf(yield* far.take(7))).toBe("before\n")
        expect(textOf(yield* neighbour.take(7))).toBe("before\n")
        yield* net.cut
        yield* writer.send("during\n")
        expect(textOf(yield* neighbour.take(7))).toBe("during\n")
        yield* one.process.waitFor("stderr", /the hub is detached: NATS has taken nothing for 2 s/)
        yield* writer.send("alone\n")
        expect(textOf(yield* neighbour.take(6))).toBe("alone\n")
        yield* net.mend
        yield* one.process.waitFor("stderr", /detached[\s\S]*attached/)
        yield* writer.send("after\n")
        expect(textOf(yield* far.take(19))).toBe("during\nalone\nafter\n")
      }),
    )
  },
)

/** Counts the lines of a client without an effect for each of them. */
const countLines = (endpoint: Endpoint, onLine: (line: string) => void) =>
  Effect.acquireRelease(
    Effect.async<{ readonly end: () => void }>((resume) => {
      if (endpoint._tag !== "Tcp") throw new Error("the endpoint is not TCP")
      const socket = connect(endpoint.port, endpoint.host, () =>
        resume(Effect.succeed({ end: () => socket.destroy() })),
      )
      let rest = ""
      socket.on("error", () => {})
      socket.on("data", (bytes) => {
        const lines = (rest + bytes.toString()).split("\n")
        rest = lines.pop() ?? ""
        for (const line of lines) onLine(line)
      })
    }),
    ({ end }) => Effect.sync(end),
  )

describe.runIf(haveAll(natsServer))("three thousand connections over three nodes", { timeout: 120_000 }, () => {
  it.scopedLive("get each frame of every node once and in order", () =>
    Effect.gen(function* () {
      const { url } = yield* startNats()
      const nodes = yield* Effect.forEach(["a", "b", "c"], (node) => natsBroker(url, node))
      const each = 1000
      const frames = 20
      const expected = 3 * each * 3 * frames
      const faults: Array<string> = []
      let delivered = 0
      let wake = () => {}
      yield* Effect.forEach(
        nodes,
        ({ endpoint }) =>
          Effect.forEach(
            Array.from({ length: each }),
            () => {
              const next = new Map<string, number>()
              return countLines(endpoint, (line) => {
                const [origin = "", place] = line.split(" ")
                if (Number(place) !== (next.get(origin) ?? 0)) faults.push(line)
                next.set(origin, Number(place) + 1)
                if (++delivered === expected) wake()
              })
            },
            { concurrency: 50, discard: true },
          ),
        { discard: true },
      )
      for (const { events } of nodes) yield* events.first("ConnectionOpened", each)
      // Each node knows the clients of both other nodes.
      for (const { hub } of nodes) {
        yield* hub.network.presence.pipe(
          Stream.mapEffect(() => hub.network.clients),
          Stream.takeUntil((clients) => clients.length === 2 * each),
          Stream.runDrain,
        )
      }
      yield* Effect.forEach(nodes, ({ hub }, at) => publishNumbers(hub, `${"abc"[at]} `, 0, frames), { concurrency: 3 })
      yield* Effect.async<void>((resume) => {
        wake = () => resume(Effect.void)
        if (delivered >= expected) wake()
      })
      expect([delivered, faults]).toEqual([expected, []])
    }),
  )
})

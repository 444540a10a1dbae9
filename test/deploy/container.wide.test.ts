import * as fs from "node:fs"
import { dirname, join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { tcpEndpoint } from "../../src/domain/index.ts"
import { execForm, readStages, textsOf } from "../support/dockerfile.ts"
import { askHttp } from "../support/http.ts"
import { readKubernetes, readKubernetesHub } from "../support/kubernetes.ts"
import { natsServer, startNats } from "../support/natsServer.ts"
import { haveAll } from "../support/peers.ts"
import { dialRaw } from "../support/rawPeer.ts"
import { start } from "../support/tcpfxProcess.ts"
import { temporaryFolder } from "../support/transportFixture.ts"

const stages = readStages("deploy/Dockerfile")
const image = stages.at(-1) ?? []
const isRoot = process.getuid?.() === 0

/** Carries out the copies of the last stage of the Dockerfile into a folder: the build stage is this checkout. */
const installImage = Effect.gen(function* () {
  const root = yield* temporaryFolder
  yield* Effect.sync(() => {
    fs.chmodSync(root, 0o755)
    const workDir = textsOf(image, "WORKDIR")[0] ?? "/"
    for (const text of textsOf(image, "COPY")) {
      const [, ...words] = text.split(/\s+/)
      const target = words.pop() ?? ""
      const to = join(root, workDir, target)
      for (const word of words) {
        const from = word.replace(/^\/build\//, "")
        const file = target.endsWith("/") ? join(to, from) : to
        fs.mkdirSync(dirname(file), { recursive: true })
        fs.cpSync(from, file, { recursive: true })
      }
    }
    for (const text of textsOf(image, "RUN")) {
      const [, target = ""] = /^ln -s (\/app\/\S+) \/usr\/local\/bin\/tcpfx$/.exec(text) ?? []
      fs.accessSync(join(root, target), fs.constants.X_OK)
    }
  })
  return root
})

/** Starts a command line in the folder of the image as its user, with no rights, and returns the process. */
const runInImage = (root: string, args: ReadonlyArray<string>, env: Readonly<Record<string, string>> = {}) => {
  const [user, group] = (textsOf(image, "USER")[0] ?? "").split(":")
  const [, bin = ""] = execForm(textsOf(image, "ENTRYPOINT")[0] ?? "")
  const rights = [
    "--reuid",
    `${user}`,
    "--regid",
    `${group}`,
    "--clear-groups",
    "--no-new-privs",
    "--bounding-set=-all",
  ]
  return start("setpriv", [...rights, process.execPath, join(root, bin), ...args], { cwd: join(root, "app"), env })
}

const listening = /^tcpfx: listening on 0\.0\.0\.0:(\d+)$/m
const metrics = /^tcpfx: metrics at http:\/\/[\d.]+:(\d+)\/metrics$/m

/** The ports of a running server. Each endpoint of its command line has the port 0. */
const portsOf = (server: Effect.Effect.Success<ReturnType<typeof runInImage>>) =>
  Effect.gen(function* () {
    const [, port = ""] = yield* server.waitFor("stderr", listening)
    const [, watched = ""] = yield* server.waitFor("stderr", metrics)
    return { port: Number(port), watched: Number(watched) }
  })

const anyPort = (word: string) => word.replace(/:\d+$/, ":0")

describe.skipIf(!isRoot)("the image of deploy/Dockerfile, in a folder", () => {
  it.scopedLive("serves as another user than root, is healthy, and drains at SIGTERM", () =>
    Effect.gen(function* () {
      const root = yield* installImage
      const env = Object.fromEntries(textsOf(image, "ENV").map((text) => text.split("=") as [string, string]))
      const args = execForm(textsOf(image, "CMD")[0] ?? "").map(anyPort)
      const server = yield* runInImage(root, args, { TCPFX_SERVE_METRICS: anyPort(env["TCPFX_SERVE_METRICS"] ?? "") })
      const { port, watched } = yield* portsOf(server)
      const [one, other] = yield* Effect.all([
        dialRaw(tcpEndpoint("127.0.0.1", port)),
        dialRaw(tcpEndpoint("127.0.0.1", port)),
      ])
      yield* server.waitFor("stderr", /#2 connected/)
      yield* one.send("hello\n")
      yield* other.expect("hello\n")

      const check = execForm((textsOf(image, "HEALTHCHECK")[0] ?? "").replace(/^.*?CMD /, ""))
      const declared = env["TCPFX_SERVE_METRICS"] ?? ""
      const ask = (address: string) =>
        Effect.gen(function* () {
          const words = check.slice(1).map((word) => word.replace(declared, address))
          expect(words).not.toEqual(check.slice(1))
          return (yield* (yield* start(process.execPath, words)).ended).code
        })
      expect(yield* ask(`127.0.0.1:${watched}`)).toBe(0)

      yield* server.kill("SIGTERM")
      yield* Effect.all([one.takeRest, other.takeRest])
      yield* Effect.all([one.halfClose, other.halfClose])
      expect((yield* server.ended).code).toBe(143)
      expect(yield* ask(`127.0.0.1:${watched}`)).toBe(1)
    }),
  )

  it.scopedLive("runs with the arguments of deploy/kubernetes/tcpfx.yaml, and is ready until it drains", () =>
    Effect.gen(function* () {
      const { container } = readKubernetes()
      const root = yield* installImage
      const server = yield* runInImage(root, container.args.map(anyPort))
      const { port, watched } = yield* portsOf(server)
      const pathOf = (probe: "readinessProbe" | "livenessProbe") =>
        `http://127.0.0.1:${watched}${container[probe].httpGet.path}`
      expect(yield* askHttp(pathOf("readinessProbe"))).toMatchObject({ status: 200 })
      expect(yield* askHttp(pathOf("livenessProbe"))).toMatchObject({ status: 200 })
      const peer = yield* dialRaw(tcpEndpoint("127.0.0.1", port))
      yield* peer.send("hello\n")
      yield* server.waitFor("stderr", /#1 connected/)
      yield* server.kill("SIGTERM")
      yield* server.waitFor("stderr", /still accepts them for/)
      expect(yield* askHttp(pathOf("readinessProbe"))).toMatchObject({ status: 503 })
      const late = yield* dialRaw(tcpEndpoint("127.0.0.1", port))
      yield* late.send("late\n")
      yield* peer.expect("late\n")
      yield* server.waitFor("stderr", /draining 2 connections/)
      expect(yield* askHttp(pathOf("readinessProbe"))).toMatchObject({ status: 503 })
      expect(yield* askHttp(pathOf("livenessProbe"))).toMatchObject({ status: 200 })
      yield* Effect.all([peer.halfClose, late.halfClose])
      expect((yield* server.ended).code).toBe(143)
    }),
  )

  it.scopedLive.runIf(haveAll(natsServer))("shares a hub between pods with deploy/kubernetes/tcpfx-hub.yaml", () =>
    Effect.gen(function* () {
      const { container, natsConfig, secret } = readKubernetesHub()
      // The port of the health check of NATS may be in use on this machine.
      const nats = yield* startNats({
        config: natsConfig.replace(/^http: .*$/m, ""),
        within: ["env", `NATS_PASSWORD=${secret["password"]}`],
      })
      const root = yield* installImage
      const address = new URL(secret["url"] ?? "")
      address.host = `127.0.0.1:${nats.port}`
      const env = { TCPFX_SERVE_HUB: address.href }
      const run = (pod: string) =>
        Effect.gen(function* () {
          const words = container.args.map((word) => anyPort(word).replace("$(POD_NAME)", pod))
          const server = yield* runInImage(root, words, env)
          return { server, ...(yield* portsOf(server)) }
        })
      const [one, other] = [yield* run("tcpfx-6c9d-abcde"), yield* run("tcpfx-6c9d-fghij")]
      yield* one.server.waitFor("stderr", /@tcpfx-6c9d-fghij shares the hub/)
      yield* one.server.waitFor("stderr", /the hub is attached/)
      const here = yield* dialRaw(tcpEndpoint("127.0.0.1", one.port))
      const there = yield* dialRaw(tcpEndpoint("127.0.0.1", other.port))
      // With --quiet-probes a client has a row from its first data on.
      yield* there.send("x\n")
      yield* other.server.waitFor("stderr", /#1 connected/)
      yield* here.send("from one pod\n")
      yield* there.expect("from one pod\n")
      const ready = (path: string) => askHttp(`http://127.0.0.1:${one.watched}${path}`)
      expect(yield* ready("/readyz/hub")).toMatchObject({ status: 200, body: "ready\n" })
      expect((yield* ready("/metrics")).body).toMatch(/^tcpfx_hub_attached 1$[\s\S]*^tcpfx_hub_nodes 1$/m)
      yield* nats.process.kill("SIGKILL")
      yield* one.server.waitFor("stderr", /the hub is detached/)
      expect(yield* ready("/readyz")).toMatchObject({ status: 200 })
      expect(yield* ready("/readyz/hub")).toMatchObject({ status: 503, body: "the hub is detached\n" })
      expect((yield* ready("/metrics")).body).toMatch(/^tcpfx_hub_attached 0$/m)
    }),
  )
})

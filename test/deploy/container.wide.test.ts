import * as fs from "node:fs"
import { dirname, join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { tcpEndpoint } from "../../src/domain/index.ts"
import { execForm, readStages, textsOf } from "../support/dockerfile.ts"
import { askHttp } from "../support/http.ts"
import { readKubernetes } from "../support/kubernetes.ts"
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
      yield* server.waitFor("stderr", /draining 1 connection/)
      expect(yield* askHttp(pathOf("readinessProbe"))).toMatchObject({ status: 503 })
      expect(yield* askHttp(pathOf("livenessProbe"))).toMatchObject({ status: 200 })
      yield* peer.halfClose
      expect((yield* server.ended).code).toBe(143)
    }),
  )
})

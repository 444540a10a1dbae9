import { fileURLToPath } from "node:url"
import { describe, expect, it } from "@effect/vitest"
import { build } from "esbuild"

const root = fileURLToPath(new URL("..", import.meta.url))

/** Bundles a program as a user does, and lists the bytes of each source file of this package in the bundle. */
const bundle = async (program: string) => {
  const { metafile } = await build({
    stdin: { contents: program, resolveDir: root, loader: "ts" },
    absWorkingDir: root,
    bundle: true,
    minify: true,
    format: "esm",
    platform: "node",
    target: "node20",
    metafile: true,
    write: false,
  })
  const [output] = Object.values(metafile.outputs)
  if (output === undefined) throw new Error("esbuild wrote nothing")
  const bytes = Object.entries(output.inputs).map(([path, { bytesInOutput }]) => ({ path, bytes: bytesInOutput }))
  const sum = (prefix: string) =>
    bytes.reduce((total, { bytes, path }) => (path.startsWith(prefix) ? total + bytes : total), 0)
  return { files: bytes.filter(({ bytes }) => bytes > 0).map(({ path }) => path), own: sum("src/"), all: output.bytes }
}

const layersOf = (files: ReadonlyArray<string>) =>
  new Set(files.flatMap((file) => /^src\/([^/]+)\//.exec(file)?.slice(1) ?? []))

const client = `
  import * as Effect from "effect/Effect"
  import { Client } from "tcpfx/client"
  import { NodeTransport } from "tcpfx/transport"
  const program = Effect.gen(function* () {
    const client = yield* Client.make()
    const connection = yield* client.connect("127.0.0.1:9000")
    yield* connection.close
  })
  Effect.runFork(program.pipe(Effect.scoped, Effect.provide(NodeTransport.layer)))`

const server = `
  import * as Effect from "effect/Effect"
  import { Handler, Server } from "tcpfx/server"
  import { NodeTransport } from "tcpfx/transport"
  const program = Effect.gen(function* () {
    const server = yield* Server.make({ handler: Handler.echo() })
    yield* server.listen("127.0.0.1:9000")
    return yield* Effect.never
  })
  Effect.runFork(program.pipe(Effect.scoped, Effect.provide(NodeTransport.layer)))`

// The ceilings are a tenth above the sizes in docs/performance.md, so that a bundle does not grow unnoticed.
describe("a bundle", () => {
  it("of a client has no server, hub, chat, rooms, protocol or assistant", async () => {
    const { files, own } = await bundle(client)
    expect([...layersOf(files)].sort()).toEqual(["client", "connection", "domain", "runtime", "transport"])
    expect(own).toBeLessThan(155_000)
  })

  it("of a server has no client, chat, rooms, protocol or assistant", async () => {
    const { files, own } = await bundle(server)
    expect([...layersOf(files)].sort()).toEqual(["connection", "domain", "hub", "runtime", "server", "transport"])
    expect(own).toBeLessThan(205_000)
  })

  it("of a client by the namespaces in the root of the package has no other sub-path", async () => {
    const byNamespace = client
      .replace('import { Client } from "tcpfx/client"', 'import { client as layer, transport } from "tcpfx"')
      .replace('import { NodeTransport } from "tcpfx/transport"', "")
      .replace("Client.make", "layer.Client.make")
      .replace("NodeTransport.layer", "transport.NodeTransport.layer")
    const { files } = await bundle(byNamespace)
    expect([...layersOf(files)].sort()).toEqual(["client", "connection", "domain", "runtime", "transport"])
  })
})

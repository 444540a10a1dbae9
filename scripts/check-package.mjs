// Packs the package, checks it with publint and attw, and installs it in an empty folder. There it checks the command,
// the library with its types, and the links of the documents.
import { spawn, spawnSync } from "node:child_process"
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { build } from "esbuild"
import { pack } from "./pack.mjs"

const root = join(dirname(fileURLToPath(import.meta.url)), "..")
const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"))
const folder = mkdtempSync(join(tmpdir(), "tcpfx-package-"))

const must = (command, args, cwd) => {
  const result = spawnSync(command, args, { cwd, encoding: "utf8" })
  if (result.status !== 0) throw new Error(`${command} ${args.join(" ")}: ${result.stdout}${result.stderr}`)
  return result
}

const outputOf = (command, args, cwd) => must(command, args, cwd).stdout

const equal = (what, actual, expected) => {
  if (actual !== expected) throw new Error(`${what}: ${JSON.stringify(actual)}, expected ${JSON.stringify(expected)}`)
}

/** Starts a server of the installed command. Resolves with its port when the server listens. */
const serve = (bin) =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [bin, "serve", "0", "--reply", "Hello, client!"], {
      stdio: ["ignore", "ignore", "pipe"],
    })
    let said = ""
    child.stderr.setEncoding("utf8")
    child.stderr.on("data", (text) => {
      said += text
      const port = /listening on 127\.0\.0\.1:(\d+)/.exec(said)?.[1]
      if (port !== undefined) resolve({ child, port })
    })
    child.on("exit", () => reject(new Error(`serve ended: ${said}`)))
  })

/** Starts the page of the installed command. Resolves with the address of the page when it is served. */
const page = (bin, state) =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [bin, "ui", "--no-open"], {
      cwd: state,
      env: { ...process.env, XDG_STATE_HOME: state },
      stdio: ["ignore", "pipe", "inherit"],
    })
    let said = ""
    child.stdout.setEncoding("utf8")
    child.stdout.on("data", (text) => {
      said += text
      const address = /^http:\S+(?=\n)/.exec(said)?.[0]
      if (address !== undefined) resolve({ child, address })
    })
    child.on("exit", () => reject(new Error(`ui ended: ${said}`)))
  })

/** Checks that the command serves the page and every file in it. */
const checkPage = async (address) => {
  const answer = await fetch(address)
  const html = await answer.text()
  equal("the page", answer.status, 200)
  const files = [...html.matchAll(/(?:src|href)="\.(\/assets\/[^"]+)"/g)].map(([, path]) => path)
  if (files.length < 2) throw new Error(`the page names too few files: ${html}`)
  for (const path of files) equal(path, (await fetch(new URL(path, address))).status, 200)
}

/** Checks that each link and picture of the documents leads to a file of the package. */
const checkLinks = (installed) => {
  const pages = [installed, join(installed, "docs"), join(installed, "docs", "guide")].flatMap((place) =>
    readdirSync(place)
      .filter((name) => name.endsWith(".md"))
      .map((name) => join(place, name)),
  )
  for (const page of pages) {
    const text = readFileSync(page, "utf8").replace(/^```[\s\S]*?^```/gm, "")
    for (const [, link, source] of text.matchAll(/\]\(([^)\s]+)\)|(?:src|srcset|href)="([^"]+)"/g)) {
      const [path] = (link ?? source).split("#")
      if (path === "" || /^https?:/.test(path)) continue
      if (!existsSync(join(dirname(page), path))) throw new Error(`${page}: ${path} is not in the package`)
    }
  }
}

/** The bundled size of a program with its imports, without Effect and Node, in bytes. */
const bundled = async (program) => {
  const { outputFiles } = await build({
    stdin: { contents: program, resolveDir: folder },
    bundle: true,
    minify: true,
    write: false,
    format: "esm",
    platform: "node",
    external: ["effect", "@effect/platform"],
  })
  return outputFiles[0].contents.length
}

/**
 * Checks that a bundler leaves out the sub-paths that a program does not use. esbuild keeps a whole namespace that is
 * re-exported, so the limit is the size of the whole sub-path.
 */
const checkTreeShaking = async () => {
  const throughRoot = await bundled('import { domain } from "tcpfx"; globalThis.domain = domain')
  const throughSubPath = await bundled('import * as domain from "tcpfx/domain"; globalThis.domain = domain')
  if (throughRoot > 1.01 * throughSubPath) throw new Error(`the root adds ${throughRoot - throughSubPath} bytes`)
}

try {
  const tarball = pack(folder)
  const tool = (name) => join(root, "node_modules", ".bin", name)
  must(tool("publint"), [tarball, "--strict"], folder)
  must(tool("attw"), [tarball, "--profile", "esm-only"], folder)
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, type: "module" }))
  const { stderr } = must("npm", ["install", "--no-save", tarball], folder)
  equal(
    "warnings of npm about the package",
    stderr
      .split("\n")
      .filter((line) => line.includes("tcpfx@"))
      .join("\n"),
    "",
  )
  const installed = (name) => readFileSync(join(folder, "node_modules", "tcpfx", name), "utf8")
  equal("the licence", installed("LICENSE"), readFileSync(join(root, "LICENSE"), "utf8"))
  equal("the license field", JSON.parse(installed("package.json")).license, "MIT")
  checkLinks(join(folder, "node_modules", "tcpfx"))
  const bin = join(folder, "node_modules", ".bin", "tcpfx")
  equal("tcpfx --version", outputOf(process.execPath, [bin, "--version"], folder).trim(), version)
  const { child, port } = await serve(bin)
  try {
    const answer = outputOf(process.execPath, [bin, "connect", port, "--send", "Hello, server!", "--once"], folder)
    equal("the answer", answer, "Hello, client!")
  } finally {
    child.kill("SIGTERM")
  }
  const ui = await page(bin, folder)
  try {
    await checkPage(ui.address)
  } finally {
    ui.child.kill("SIGTERM")
  }
  writeFileSync(
    join(folder, "use.mjs"),
    `import { Effect } from "effect"
import { Client } from "tcpfx/client"
import { heartbeatOf } from "tcpfx/connection"
import { tcpEndpoint } from "tcpfx/domain"
import { Hub } from "tcpfx/hub"
import { Handler, Server } from "tcpfx/server"
import { NodeTransport } from "tcpfx/transport"
import { connection as connections, server as root } from "tcpfx"
if (root.Server !== Server) throw new Error("the root has another Server")
if (connections.heartbeatOf !== heartbeatOf) throw new Error("the root has another heartbeatOf")
const program = Effect.gen(function* () {
  const server = yield* Server.make({ handler: Handler.echo() })
  const { endpoint } = yield* server.listen(tcpEndpoint("127.0.0.1", 0))
  const client = yield* Client.make()
  const connection = yield* client.connect(endpoint)
  yield* connection.send(new TextEncoder().encode("works"))
  const reply = yield* connection.receive
  process.stdout.write(new TextDecoder().decode(reply.value) + (Hub.key ?? ""))
})
await Effect.runPromise(Effect.scoped(program).pipe(Effect.provide(NodeTransport.layer)))
`,
  )
  equal("the library", outputOf(process.execPath, ["use.mjs"], folder), "workstcpfx/hub/Hub")
  await checkTreeShaking()
  process.stdout.write("the installed package works\n")
} finally {
  rmSync(folder, { recursive: true, force: true })
}

// Packs the package, installs it in an empty folder and uses it there: the command, and the library with its types.
import { spawn, spawnSync } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

const root = join(dirname(fileURLToPath(import.meta.url)), "..")
const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"))
const folder = mkdtempSync(join(tmpdir(), "tcpfx-package-"))

const must = (command, args, cwd) => {
  const result = spawnSync(command, args, { cwd, encoding: "utf8" })
  if (result.status !== 0) throw new Error(`${command} ${args.join(" ")}: ${result.stdout}${result.stderr}`)
  return result.stdout
}

const equal = (what, actual, expected) => {
  if (actual !== expected) throw new Error(`${what}: ${JSON.stringify(actual)}, expected ${JSON.stringify(expected)}`)
}

/** Starts a server of the installed command and gives its port once it listens. */
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

/** Starts the page of the installed command and gives its address once it is served. */
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

/** Checks that the page and every file that it names are served. */
const checkPage = async (address) => {
  const answer = await fetch(address)
  const html = await answer.text()
  equal("the page", answer.status, 200)
  const files = [...html.matchAll(/(?:src|href)="\.(\/assets\/[^"]+)"/g)].map(([, path]) => path)
  if (files.length < 2) throw new Error(`the page names too few files: ${html}`)
  for (const path of files) equal(path, (await fetch(new URL(path, address))).status, 200)
}

try {
  must("npm", ["pack", "--ignore-scripts", "--pack-destination", folder], root)
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, type: "module" }))
  must("npm", ["install", "--no-save", join(folder, `tcpfx-${version}.tgz`)], folder)
  const installed = (name) => readFileSync(join(folder, "node_modules", "tcpfx", name), "utf8")
  equal("the licence", installed("LICENSE"), readFileSync(join(root, "LICENSE"), "utf8"))
  equal("the license field", JSON.parse(installed("package.json")).license, "MIT")
  const bin = join(folder, "node_modules", ".bin", "tcpfx")
  equal("tcpfx --version", must(process.execPath, [bin, "--version"], folder).trim(), version)
  const { child, port } = await serve(bin)
  try {
    const answer = must(process.execPath, [bin, "connect", port, "--send", "Hello, server!", "--once"], folder)
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
import { tcpEndpoint } from "tcpfx/domain"
import { Hub } from "tcpfx/hub"
import { Handler, Server } from "tcpfx/server"
import { NodeTransport } from "tcpfx/transport"
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
  equal("the library", must(process.execPath, ["use.mjs"], folder), "workstcpfx/hub/Hub")
  process.stdout.write("the package works where it is installed\n")
} finally {
  rmSync(folder, { recursive: true, force: true })
}

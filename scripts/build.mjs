// Builds dist/: the library as ES modules with types (tsc), the command as bundles (esbuild), the page (Vite).
import { spawnSync } from "node:child_process"
import { readFileSync, rmSync, writeFileSync } from "node:fs"
import { createRequire } from "node:module"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { build } from "esbuild"

const root = join(dirname(fileURLToPath(import.meta.url)), "..")
const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"))

rmSync(join(root, "dist"), { recursive: true, force: true })

const tsc = spawnSync(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-p", "tsconfig.build.json"], {
  cwd: root,
  stdio: "inherit",
})
if (tsc.status !== 0) process.exit(tsc.status ?? 1)

// Libraries that few command lines need are files of their own, which the bundles load at the first use.
const librariesBeside = {
  yaml: "yaml.cjs",
  re2js: "re2js.cjs",
  "@exodus/bytes/single-byte.js": "singleByte.cjs",
  "@exodus/bytes/multi-byte.js": "multiByte.cjs",
}
const besideBundles = {
  name: "libraries beside the bundles",
  setup({ onResolve }) {
    onResolve({ filter: /\/otlp\.ts$/ }, ({ kind }) =>
      kind === "dynamic-import" ? { path: "./otlp.cjs", external: true } : undefined,
    )
    onResolve({ filter: /^[^.]/ }, ({ kind, path }) =>
      kind === "dynamic-import" && Object.hasOwn(librariesBeside, path)
        ? { path: `./${librariesBeside[path]}`, external: true }
        : undefined,
    )
  },
}

const bundle = (entry, outfile, options) =>
  build({
    absWorkingDir: root,
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: "node",
    format: "cjs",
    target: "node20",
    minify: true,
    // Tags and errors of Effect have their names as strings, so no code reads Function.name.
    keepNames: false,
    define: { "process.env.TCPFX_VERSION": JSON.stringify(version) },
    plugins: [besideBundles],
    // Optional peer dependencies, which the user installs.
    external: ["@nats-io/transport-node", "@nats-io/jetstream"],
    // An import() becomes a require, which uses the code cache and works in bin/tcpfx.cjs without a loader.
    supported: { "dynamic-import": false },
    logLevel: "warning",
    ...options,
  })

// The bundles of the command: without a server, with the server, with server and page, and for the commands that talk to a
// running server (src/cli/CommandParts.ts).
await bundle("src/cli/bin.ts", "dist/cli/tcpfx.cjs")
await bundle("src/cli/binWithServer.ts", "dist/cli/serve.cjs")
await bundle("src/cli/binWithPage.ts", "dist/cli/ui.cjs")
await bundle("src/cli/binWithControl.ts", "dist/cli/ctl.cjs")

for (const [library, file] of Object.entries(librariesBeside)) await bundle(library, `dist/cli/${file}`)
await bundle("src/cli/completions/bin.ts", "dist/cli/complete.cjs")
await bundle("src/cli/binWorker.ts", "dist/cli/worker.cjs")
// The sender of --otlp, with an HTTP client. A bundle with a server loads it at its first use.
await bundle("src/cli/watch/otlp.ts", "dist/cli/otlp.cjs")

// The help texts, which bin/tcpfx.cjs prints without loading the bundle.
const texts = join(root, "dist", "cli", "helpTexts.cjs")
await bundle("src/cli/commands/helpTexts.ts", texts, { minify: false })
const { completionTable, preparedHelp } = createRequire(import.meta.url)(texts)
writeFileSync(join(root, "dist", "cli", "help.json"), JSON.stringify(preparedHelp(version)))
writeFileSync(join(root, "dist", "cli", "completions.json"), JSON.stringify(completionTable()))
rmSync(texts)

await import("./build-page.mjs")

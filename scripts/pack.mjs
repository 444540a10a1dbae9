// Packs the package into a folder (default: the current folder) and prints the path of the tarball. The manifest in the
// tarball has no scripts and no development dependencies: the files of the scripts are not packed, and npm warns about
// scripts without files.
import { spawnSync } from "node:child_process"
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join, resolve } from "node:path"
import { fileURLToPath } from "node:url"

const root = join(dirname(fileURLToPath(import.meta.url)), "..")

const npmPack = (args, cwd) => {
  const { status, stdout, stderr } = spawnSync("npm", ["pack", "--json", "--ignore-scripts", ...args], {
    cwd,
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
  })
  if (status !== 0) throw new Error(`npm pack: ${stdout}${stderr}`)
  // npm 11 prints an array, and npm 12 prints an object by package name.
  return Object.values(JSON.parse(stdout))[0]
}

/** Packs the last build. Returns the path of the tarball. */
export const pack = (destination) => {
  const stage = mkdtempSync(join(tmpdir(), "tcpfx-pack-"))
  try {
    for (const { path } of npmPack(["--dry-run"], root).files) cpSync(join(root, path), join(stage, path))
    const {
      scripts: _,
      devDependencies: __,
      ...manifest
    } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"))
    writeFileSync(join(stage, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`)
    return join(destination, npmPack(["--pack-destination", destination], stage).filename)
  } finally {
    rmSync(stage, { recursive: true, force: true })
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.stdout.write(`${pack(resolve(process.argv[2] ?? "."))}\n`)
}

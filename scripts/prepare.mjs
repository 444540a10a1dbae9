// `npm install` in a checkout runs this script: it builds, and makes the link for `npx tcpfx`. The first `npx` in the
// checkout runs it too, silently, because `npx` links the folder into its cache. Then the script keeps the last build.
import { existsSync } from "node:fs"
import { fileURLToPath } from "node:url"

const isBuilt = existsSync(fileURLToPath(new URL("../dist/cli/tcpfx.cjs", import.meta.url)))
if (process.env.npm_command !== "exec" || !isBuilt) await import("./build.mjs")
await import("./link-bin.mjs")

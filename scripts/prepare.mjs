// What `npm install` does in a checkout: the build, and the link for `npx tcpfx`. `npx` runs this too, silently, the first
// time that it is used in the checkout, because it links the folder into its cache. It takes the last build then.
import { existsSync } from "node:fs"
import { fileURLToPath } from "node:url"

const isBuilt = existsSync(fileURLToPath(new URL("../dist/cli/tcpfx.cjs", import.meta.url)))
if (process.env.npm_command !== "exec" || !isBuilt) await import("./build.mjs")
await import("./link-bin.mjs")

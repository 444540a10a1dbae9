// Builds the page into dist/web (Vite).
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { build } from "vite"

const root = join(dirname(fileURLToPath(import.meta.url)), "..")

await build({ configFile: join(root, "src/web/ui/vite.config.ts"), logLevel: "warn" })

// Builds the page into dist/web with Vite, and a compressed copy beside each file.
import { readdirSync, readFileSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { brotliCompressSync, constants, gzipSync } from "node:zlib"
import { build } from "vite"

const root = join(dirname(fileURLToPath(import.meta.url)), "..")
const folder = join(root, "dist/web")

await build({ configFile: join(root, "src/web/ui/vite.config.ts"), logLevel: "warn" })

const compressed = /\.(css|html|js|json|svg|txt)$/
// A smaller file fits into one packet without compression.
const leastBytes = 1024

for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile() || !compressed.test(entry.name)) continue
  const file = join(entry.parentPath ?? entry.path, entry.name)
  const content = readFileSync(file)
  if (content.length < leastBytes) continue
  writeFileSync(`${file}.gz`, gzipSync(content, { level: 9 }))
  writeFileSync(`${file}.br`, brotliCompressSync(content, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }))
}

// Links `npx tcpfx` in the checkout: npm links only the commands of dependencies, and not the commands of the package
// itself.
import { chmodSync, mkdirSync, rmSync, symlinkSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

const root = join(dirname(fileURLToPath(import.meta.url)), "..")
const bin = join(root, "node_modules", ".bin")
mkdirSync(bin, { recursive: true })
rmSync(join(bin, "tcpfx"), { force: true })
chmodSync(join(root, "bin", "tcpfx.cjs"), 0o755)
symlinkSync(join("..", "..", "bin", "tcpfx.cjs"), join(bin, "tcpfx"))

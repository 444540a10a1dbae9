import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { gzipSync } from "node:zlib"
import { beforeAll, describe, expect, it } from "vitest"

const root = fileURLToPath(new URL("../../../", import.meta.url))
const built = join(root, "dist/web")

describe("the built page", () => {
  beforeAll(() => {
    if (!existsSync(join(built, "index.html"))) throw new Error("dist/web is missing: run node scripts/build.mjs first")
  })

  /** The files that a browser loads initially: the HTML, and the files that it names. It does not name the chunks that are loaded later. */
  const initial = () => {
    const html = readFileSync(join(built, "index.html"), "utf8")
    const named = [...html.matchAll(/(?:src|href)="\.?\/?(assets\/[^"]+)"/g)].map((match) => match[1] ?? "")
    return [html, ...named.map((file) => readFileSync(join(built, file)))]
  }

  it("loads less than 150 kB initially, after gzip", () => {
    const files = initial()
    expect(files.length).toBeGreaterThanOrEqual(3)
    const sizes = files.map((file) => gzipSync(file, { level: 9 }).length)
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(150_000)
  })

  it("has no inline script, no inline style and no address of another host", () => {
    const html = readFileSync(join(built, "index.html"), "utf8")
    expect(html).not.toMatch(/<script(?![^>]*\ssrc=)/)
    expect(html).not.toMatch(/<style|\sstyle=|\son[a-z]+=/)
    expect(html).not.toMatch(/(?:src|href)="(?:https?:)?\/\//)
    for (const file of readdirSync(join(built, "assets")).filter((name) => name.endsWith(".css"))) {
      expect(readFileSync(join(built, "assets", file), "utf8")).not.toMatch(/url\((?!["']?\.)/)
    }
  })
})

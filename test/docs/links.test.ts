import { existsSync, readdirSync, readFileSync, statSync } from "node:fs"
import { dirname, join } from "node:path"
import { expect, it } from "@effect/vitest"

const pages = [".", "docs", "docs/guide"].flatMap((folder) =>
  readdirSync(folder)
    .filter((name) => name.endsWith(".md"))
    .map((name) => join(folder, name)),
)

/** The anchors of a page as on GitHub and npm: lower case, no punctuation, hyphens for spaces. */
const anchorsOf = (page: string) =>
  [
    ...readFileSync(page, "utf8")
      .replace(/^```[\s\S]*?^```/gm, "")
      .matchAll(/^#+ (.+)$/gm),
  ].map(([, title]) =>
    (title ?? "")
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  )

it.each(pages)("every link and picture of %s leads to a file and a heading that are there", (page) => {
  const text = readFileSync(page, "utf8").replace(/^```[\s\S]*?^```/gm, "")
  const targets = [
    ...[...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target ?? ""),
    ...[...text.matchAll(/(?:src|srcset|href)="([^"]+)"/g)].map(([, target]) => target ?? ""),
  ].filter((target) => !/^https?:/.test(target))
  for (const target of targets) {
    const [path = "", anchor] = target.split("#")
    const file = path === "" ? page : join(dirname(page), path)
    expect(existsSync(file), `${page}: ${target}`).toBe(true)
    if (anchor === undefined || !statSync(file).isFile()) continue
    expect(anchorsOf(file), `${page}: ${target}`).toContain(anchor)
  }
})

it.each(["docs", "docs/guide"])("%s/README.md is the index: it names every document of its folder", (folder) => {
  const index = readFileSync(join(folder, "README.md"), "utf8")
  for (const page of pages.filter((name) => dirname(name) === folder && !name.endsWith("README.md"))) {
    expect(index, page).toContain(`(${page.slice(folder.length + 1)})`)
  }
})

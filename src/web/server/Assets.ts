import { promises as fs } from "node:fs"
import { join } from "node:path"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"

/** One file of the page, uncompressed and compressed. */
export interface Asset {
  readonly contentType: string
  readonly plain: Uint8Array
  readonly gzip: Uint8Array | undefined
  readonly brotli: Uint8Array | undefined
  /** Whether the name of the file is a hash of its content. */
  readonly hashed: boolean
}

/** The built page cannot be read. */
export class AssetsMissing extends Data.TaggedError("AssetsMissing")<{ readonly folder: string }> {
  override get message(): string {
    return `the page is missing in ${this.folder}; run \`npm run build\` first`
  }
}

/** The files of the page by path (`/index.html`, `/assets/index-4f2a.js`). */
export type Assets = ReadonlyMap<string, Asset>

const contentTypes: Readonly<Record<string, string>> = {
  css: "text/css; charset=utf-8",
  html: "text/html; charset=utf-8",
  ico: "image/x-icon",
  js: "text/javascript; charset=utf-8",
  json: "application/json; charset=utf-8",
  png: "image/png",
  svg: "image/svg+xml",
  txt: "text/plain; charset=utf-8",
  webmanifest: "application/manifest+json",
  woff2: "font/woff2",
}

const typeOf = (path: string): string =>
  contentTypes[path.slice(path.lastIndexOf(".") + 1)] ?? "application/octet-stream"

/**
 * Reads the built page into memory, a few hundred kilobytes. The server answers requests from this map only, so no path
 * that a browser sends reaches the file system.
 */
export const loadAssets = (folder: string): Effect.Effect<Assets, AssetsMissing> =>
  Effect.tryPromise({
    try: async () => {
      const entries = await fs.readdir(folder, { recursive: true, withFileTypes: true })
      const contents = new Map<string, Uint8Array>()
      for (const entry of entries) {
        if (!entry.isFile()) continue
        const file = join(entry.parentPath ?? entry.path, entry.name)
        contents.set(file.slice(folder.length).replaceAll("\\", "/"), await fs.readFile(file))
      }
      const assets = new Map<string, Asset>()
      for (const [path, plain] of contents) {
        if (path.endsWith(".gz") || path.endsWith(".br")) continue
        assets.set(path, {
          contentType: typeOf(path),
          plain,
          gzip: contents.get(`${path}.gz`),
          brotli: contents.get(`${path}.br`),
          hashed: path.startsWith("/assets/"),
        })
      }
      if (!assets.has("/index.html")) throw new Error("index.html is missing")
      return assets
    },
    catch: () => new AssetsMissing({ folder }),
  })

/** Whether a browser accepts a content coding (RFC 9110, 12.5.3); `q=0` forbids the coding. */
const accepts = (header: string, coding: string): boolean =>
  header.split(",").some((entry) => {
    const [name = "", ...parameters] = entry.split(";").map((part) => part.trim().toLowerCase())
    return name === coding && !parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter))
  })

/** The smallest form of a file that a browser accepts, and its headers. */
export const formOf = (
  asset: Asset,
  acceptEncoding: string | undefined,
): { readonly body: Uint8Array; readonly headers: Readonly<Record<string, string>> } => {
  const header = acceptEncoding ?? ""
  const vary = { vary: "accept-encoding" }
  if (asset.brotli !== undefined && accepts(header, "br")) {
    return { body: asset.brotli, headers: { ...vary, "content-encoding": "br" } }
  }
  if (asset.gzip !== undefined && accepts(header, "gzip")) {
    return { body: asset.gzip, headers: { ...vary, "content-encoding": "gzip" } }
  }
  return { body: asset.plain, headers: vary }
}

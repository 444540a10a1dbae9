import { fileURLToPath } from "node:url"
import { defineConfig } from "vite"

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

/** The build of the page: hashed assets and no inline scripts, because the content-security policy forbids them. */
export default defineConfig({
  root: here("."),
  base: "",
  publicDir: false,
  resolve: {
    // The page uses NDJSON, but `@effect/rpc` also imports msgpackr, which adds 9 kB after gzip.
    alias: { msgpackr: here("./link/noMsgpack.ts") },
  },
  esbuild: { jsx: "automatic", jsxImportSource: "preact", legalComments: "none" },
  build: {
    outDir: here("../../../dist/web"),
    emptyOutDir: true,
    target: "es2022",
    modulePreload: { polyfill: false },
    // An inlined asset is a data: URL, which the content-security policy forbids.
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    chunkSizeWarningLimit: 1000,
  },
})

import { fileURLToPath } from "node:url"
import { defineConfig } from "vite"

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

/** The page: hashed assets without inline scripts, as the content-security policy forbids those. */
export default defineConfig({
  root: here("."),
  base: "",
  publicDir: false,
  resolve: {
    // The page speaks ndjson. `@effect/rpc` imports msgpackr all the same, which is 9 kB of gzip.
    alias: { msgpackr: here("./link/noMsgpack.ts") },
  },
  esbuild: { jsx: "automatic", jsxImportSource: "preact", legalComments: "none" },
  build: {
    outDir: here("../../../dist/web"),
    emptyOutDir: true,
    target: "es2022",
    modulePreload: { polyfill: false },
    // An inlined asset is a data: address, which the content-security policy forbids.
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    chunkSizeWarningLimit: 1000,
  },
})

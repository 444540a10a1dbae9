import { fileURLToPath } from "node:url"
import { defineConfig } from "vitest/config"

const source = (layer: string) => fileURLToPath(new URL(`./src/${layer}/index.ts`, import.meta.url))

export default defineConfig({
  resolve: {
    alias: {
      "tcpfx/domain": source("domain"),
      "tcpfx/transport": source("transport"),
      "tcpfx/hub": source("hub"),
      "tcpfx/server": source("server"),
      "tcpfx/client": source("client"),
      "tcpfx/platform": source("platform"),
    },
  },
  test: {
    include: ["test/**/*.test.ts", ".generated/**/*.test.ts"],
    pool: "forks",
    testTimeout: 20_000,
    hookTimeout: 20_000,
  },
})

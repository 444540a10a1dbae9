import { fileURLToPath } from "node:url"
import { defineConfig } from "vitest/config"

const source = (layer: string) => fileURLToPath(new URL(`./src/${layer}/index.ts`, import.meta.url))

/**
 * The wide suite: tests that break things at random, run for long, load the machine or need other programs.
 * All other tests are the quick suite. docs/tests.md has the rule.
 */
const wide = [
  "test/bench/**/*.test.ts",
  "test/faults/**/*.test.ts",
  "test/fuzz/**/*.test.ts",
  "test/interop/**/*.test.ts",
  "test/**/*.wide.test.ts",
]

export default defineConfig({
  resolve: {
    alias: {
      "tcpfx/domain": source("domain"),
      "tcpfx/transport": source("transport"),
      "tcpfx/connection": source("connection"),
      // Before the alias of the hub, because this name begins with that one.
      "tcpfx/hub/nats": source("hub/nats"),
      "tcpfx/hub": source("hub"),
      "tcpfx/server": source("server"),
      "tcpfx/client": source("client"),
      "tcpfx/platform": source("platform"),
      "tcpfx/chat": source("chat"),
      "tcpfx/protocol": source("protocol"),
      "tcpfx/rooms": source("rooms"),
      "tcpfx/testing": source("testing"),
      "tcpfx/metrics": source("metrics"),
      "tcpfx/assistant": source("assistant"),
      // The last alias, because the other names begin with this one.
      tcpfx: source("."),
    },
  },
  test: {
    pool: "forks",
    env: {
      // The files of defaults of the user who runs the tests must not change the command.
      TCPFX_CONFIG: "none",
      // The timeout of a wait only ends a test that hangs. It is long, because the machine may be busy.
      TCPFX_TESTING_WITHIN: "50 seconds",
    },
    setupFiles: ["test/support/restoreMethods.ts"],
    // One worker for each core. The files of a suite share workers, because loading Effect takes a second.
    maxWorkers: "100%",
    poolOptions: { forks: { isolate: false } },
    // The timeout only ends a test that hangs. It is long, because the machine may be busy.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    projects: [
      {
        extends: true,
        test: {
          name: "quick",
          include: ["test/**/*.test.ts", ".generated/**/*.test.ts"],
          exclude: wide,
        },
      },
      {
        extends: true,
        // Each file loads its own modules, because some files replace modules (vi.mock).
        test: { name: "wide", include: wide, poolOptions: { forks: { isolate: true } } },
      },
    ],
  },
})

import { mergeConfig } from "vitest/config"
import base from "./vitest.config.ts"

/**
 * The suites of servers, faults, TLS, unix sockets and other programs, once more, with the public streams of Node in place
 * of its private handles. In this process `streamsOnly.ts` replaces `NodeTransport.layer`; the command reads the variable.
 */
const { projects: _, ...test } = mergeConfig(base, {
  test: {
    name: "streams",
    env: { TCPFX_NODE_STREAMS: "1" },
    setupFiles: ["test/support/streamsOnly.ts"],
    include: [
      "test/server/**/*.test.ts",
      "test/faults/**/*.test.ts",
      "test/interop/**/*.test.ts",
      "test/cli/tls/**/*.test.ts",
      "test/transport/{tlsWire,NodeTransport,NodeTransport.unix}.test.ts",
    ],
    exclude: ["test/faults/reliabilityTable.test.ts"],
    poolOptions: { forks: { isolate: true } },
  },
}).test

export default { resolve: base.resolve, test }

import { vi } from "vitest"
import { connectionSuite } from "../support/connectionSuite.ts"
import { tcpFixture, turned } from "../support/transportFixture.ts"
import { wireSuite } from "../support/wireSuite.ts"

// As on a Node whose handles nobody knows how to use: everything goes by its streams.
vi.mock("../../src/transport/node/nodeInside.ts", () => ({ inside: undefined }))

for (const fixture of [tcpFixture, turned(tcpFixture)]) {
  wireSuite(fixture)
  connectionSuite(fixture)
}

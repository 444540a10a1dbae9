import { vi } from "vitest"
import { connectionSuite } from "../support/connectionSuite.ts"
import { tcpFixture } from "../support/transportFixture.ts"
import { wireSuite } from "../support/wireSuite.ts"

// As on a Node whose sockets cannot read into a buffer that is given to them.
vi.mock("../../src/transport/internal/sharedRead.ts", () => ({ readShared: () => false }))

wireSuite(tcpFixture)
connectionSuite(tcpFixture)

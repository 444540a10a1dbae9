import { vi } from "vitest"
import { connectionSuite } from "../support/connectionSuite.ts"
import { tcpFixture } from "../support/transportFixture.ts"
import { wireSuite } from "../support/wireSuite.ts"

// As on a Node whose handles cannot be told to read into a buffer, nor be written to: everything goes by its streams.
vi.mock("../../src/transport/internal/sharedRead.ts", () => ({ readShared: () => false }))
vi.mock("../../src/transport/internal/directWrite.ts", () => ({ writeDirectly: () => "unable" }))

wireSuite(tcpFixture)
connectionSuite(tcpFixture)

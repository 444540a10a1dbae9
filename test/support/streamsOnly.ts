import { vi } from "vitest"

// Tests take `NodeTransport.layer`. The suite of vitest.streams.config.ts gives them the layer with `streams` instead.
vi.mock("../../src/transport/NodeTransport.ts", async (importOriginal) => {
  const original = await importOriginal<typeof import("../../src/transport/NodeTransport.ts")>()
  return { ...original, layer: original.layerWith({ streams: true }) }
})

import { spawnSync } from "node:child_process"
import * as net from "node:net"
import * as Effect from "effect/Effect"
import type { Endpoint } from "../../src/domain/index.ts"

/** Both ends of a TCP connection, the accepted end first. */
export const connectedSockets = Effect.acquireRelease(
  Effect.async<readonly [net.Socket, net.Socket, net.Server]>((resume) => {
    const server = net.createServer((accepted) => resume(Effect.succeed([accepted, dialled, server])))
    const dialled = new net.Socket()
    server.listen(0, "127.0.0.1", () => {
      const address = server.address()
      if (typeof address === "object" && address !== null) dialled.connect(address.port, address.address)
    })
  }),
  (ends) => Effect.sync(() => ends.forEach((end) => void ("destroy" in end ? end.destroy() : end.close()))),
)

/**
 * Connects from another process, sends a line and resets the connection. This process is blocked meanwhile, so it
 * accepts the connection only after the reset.
 */
export const resetBeforeAccept = (endpoint: Endpoint): Effect.Effect<void> =>
  Effect.sync(() => {
    const port = endpoint._tag === "Tcp" ? endpoint.port : 0
    const script = `const s = require("net").connect(${port}, "127.0.0.1", () => s.write("x\\n", () => s.resetAndDestroy()))`
    const { status } = spawnSync(process.execPath, ["-e", script], { timeout: 10_000 })
    if (status !== 0) throw new Error(`the peer ended with ${status}`)
  })

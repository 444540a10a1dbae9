import * as net from "node:net"
import * as Effect from "effect/Effect"

/** Both ends of a connection that the system has made, the accepted one first. */
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

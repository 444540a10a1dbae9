// A server in its own process, with or without metrics. The parent process runs the peers and asks for the CPU time.
import * as Effect from "effect/Effect"
import { Framing, tcpEndpoint } from "tcpfx/domain"
import { Handler, Server, type ServerConnection } from "tcpfx/server"
import { NodeTransport } from "tcpfx/transport"

const handlers = {
  echo: Handler.echo("close"),
  broker: Handler.broker("close"),
  fiber: (connection: ServerConnection) => connection.runForEach(connection.send),
}

const [name = "", metrics = ""] = process.argv.slice(2)

// The import is dynamic, because the package of an earlier commit may lack metrics.
const watch = async () => {
  if (metrics === "off") return {}
  const { Metrics } = await import("tcpfx/metrics")
  return { watch: Metrics.server({ tags: { server: "bench" }, frames: metrics === "on" }) }
}

const serve = (watched: Awaited<ReturnType<typeof watch>>) =>
  Effect.gen(function* () {
    const handler = handlers[name as keyof typeof handlers]
    const server = yield* Server.make({ handler, settings: { frame: Framing.line }, ...watched })
    const { endpoint } = yield* server.listen(tcpEndpoint("127.0.0.1", 0))
    let before = process.cpuUsage()
    process.on("message", (message) => {
      if (message === "begin") {
        before = process.cpuUsage()
        process.send?.("begun")
        return
      }
      const { system, user } = process.cpuUsage(before)
      process.send?.(user + system)
    })
    process.send?.(endpoint._tag === "Tcp" ? endpoint.port : 0)
    yield* Effect.async<void>((resume) => {
      process.once("disconnect", () => resume(Effect.void))
    })
  })

await Effect.runPromise(serve(await watch()).pipe(Effect.scoped, Effect.provide(NodeTransport.layer)))

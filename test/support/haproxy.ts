import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process"
import { writeFileSync } from "node:fs"
import * as net from "node:net"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { type TcpEndpoint, tcpEndpoint } from "../../src/domain/index.ts"
import type { Peer } from "./peers.ts"
import { Process } from "./tcpfxProcess.ts"
import { temporaryFolder } from "./transportFixture.ts"

/** HAProxy, the program that introduced the PROXY protocol. It only relays. */
export const haproxy: Peer = { program: "haproxy", known: /HAProxy/, dial: () => [] }

const listening = (host: string): Effect.Effect<net.Server, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.async<net.Server>((resume) => {
      const server = net.createServer({ allowHalfOpen: true })
      server.listen(0, host, () => resume(Effect.succeed(server)))
    }),
    (server) => Effect.sync(() => void server.close()),
  )

const endpointOf = (server: net.Server): TcpEndpoint => {
  const address = server.address()
  if (address === null || typeof address === "string") throw new Error("the server does not listen")
  return tcpEndpoint(address.address, address.port)
}

// Node has no public way to read the descriptor of a server, and passes only its own streams to a child process.
const descriptorOf = (server: net.Server): number => {
  const descriptor: unknown = Reflect.get(Reflect.get(server, "_handle"), "fd")
  if (typeof descriptor !== "number") throw new Error("the server has no descriptor")
  return descriptor
}

/** Accepts connections and records the bytes of each until its end. */
class Receiver {
  private readonly received: Array<Uint8Array> = []
  private readonly waiters: Array<(received: Uint8Array) => void> = []

  constructor(server: net.Server) {
    server.on("connection", (socket) => {
      const chunks: Array<Buffer> = []
      socket.on("data", (chunk) => chunks.push(chunk))
      // A health check resets.
      socket.on("error", () => {})
      socket.on("end", () => socket.end())
      socket.on("close", () => this.add(Uint8Array.from(Buffer.concat(chunks))))
    })
  }

  /** Waits for the end of the next connection. Gives the bytes received. */
  readonly next: Effect.Effect<Uint8Array> = Effect.async<Uint8Array>((resume) => {
    const received = this.received.shift()
    if (received !== undefined) return resume(Effect.succeed(received))
    this.waiters.push((later) => resume(Effect.succeed(later)))
  })

  private add(received: Uint8Array): void {
    const waiter = this.waiters.shift()
    if (waiter === undefined) this.received.push(received)
    else waiter(received)
  }
}

/**
 * Starts HAProxy as a relay to a receiver. It inherits its listening socket, so no other process can take the port, and
 * early connections wait in the backlog.
 */
export const startHaproxy = (
  host: string,
  bindOptions: string,
  serverOptions: string,
): Effect.Effect<{ readonly endpoint: TcpEndpoint; readonly receiver: Receiver }, never, Scope.Scope> =>
  Effect.gen(function* () {
    const target = yield* listening("127.0.0.1")
    const receiver = new Receiver(target)
    const front = yield* listening(host)
    const endpoint = endpointOf(front)
    const file = join(yield* temporaryFolder, "haproxy.cfg")
    writeFileSync(
      file,
      [
        "defaults",
        "  mode tcp",
        "  timeout connect 10s",
        "  timeout client 10s",
        "  timeout server 10s",
        "listen relay",
        `  bind fd@3 ${bindOptions}`,
        `  server receiver 127.0.0.1:${endpointOf(target).port} ${serverOptions}`,
        "",
      ].join("\n"),
    )
    yield* Effect.acquireRelease(
      Effect.sync(() => {
        const stdio = ["pipe", "pipe", "pipe", descriptorOf(front)] as const
        // The cast is safe, because the first three streams are pipes.
        return new Process(
          spawn(haproxy.program, ["-q", "-db", "-f", file], { stdio: [...stdio] }) as ChildProcessWithoutNullStreams,
        )
      }),
      (running) => Effect.zipRight(running.kill("SIGKILL"), running.ended),
    )
    // This process closes its copy of the listening socket, which would accept connections meant for HAProxy.
    front.close()
    return { endpoint, receiver }
  })

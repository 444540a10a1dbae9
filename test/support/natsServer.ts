import { readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Peer } from "./peers.ts"
import { type Process, type ProcessEnded, start } from "./tcpfxProcess.ts"
import { temporaryFolder } from "./transportFixture.ts"

export const natsServer: Peer = { program: "nats-server", known: /nats/i, dial: () => [] }

/** A NATS server that a test has started. */
export interface RunningNats {
  readonly process: Process
  readonly port: number
  readonly url: string
  /** The route to the server for the others of its cluster. */
  readonly route: string | undefined
}

/** Options of a NATS server. Port 0 takes a free one. */
export interface NatsServerOptions {
  readonly port?: number
  /** Lines of its configuration file. */
  readonly config?: string
  readonly cluster?: { readonly port?: number; readonly routes: ReadonlyArray<string> }
  readonly args?: ReadonlyArray<string>
  /** A command that starts the server, such as `nsenter`. */
  readonly within?: ReadonlyArray<string>
  readonly host?: string
}

interface Ports {
  readonly nats: ReadonlyArray<string>
  readonly cluster?: ReadonlyArray<string>
}

const portOf = (urls: ReadonlyArray<string>): number => Number(new URL(urls[0] ?? "").port)

/** Starts a NATS server on the loopback address. The end of the scope kills it. */
export const startNats = (options: NatsServerOptions = {}): Effect.Effect<RunningNats, ProcessEnded, Scope.Scope> =>
  Effect.gen(function* () {
    const folder = yield* temporaryFolder
    const { args = [], cluster, config = "", host = "127.0.0.1", port = 0, within = [] } = options
    const file = join(folder, "nats.conf")
    writeFileSync(file, config)
    const portText = (wanted: number | undefined) => (wanted === undefined || wanted === 0 ? "-1" : `${wanted}`)
    const clusterArgs =
      cluster === undefined
        ? []
        : [
            "--cluster_name",
            "test",
            "--cluster",
            `nats://${host}:${portText(cluster.port)}`,
            ...(cluster.routes.length === 0 ? [] : ["--routes", cluster.routes.join(",")]),
          ]
    const [program = "nats-server", ...rest] = [
      ...within,
      "nats-server",
      ...["-c", file, "-a", host, "-p", portText(port), "--ports_file_dir", folder],
      ...clusterArgs,
      ...args,
    ]
    const process = yield* start(program, rest)
    yield* process.waitFor("stderr", /Server is ready/)
    const ports = yield* portsIn(folder)
    const bound = portOf(ports.nats)
    return {
      process,
      port: bound,
      url: `nats://${host}:${bound}`,
      route: ports.cluster === undefined ? undefined : `nats://${host}:${portOf(ports.cluster)}`,
    }
  })

// The server writes the file after it says that it is ready.
const portsIn = (folder: string): Effect.Effect<Ports> =>
  Effect.suspend(() => {
    const [name] = readdirSync(folder).filter((one) => one.endsWith(".ports"))
    const text = name === undefined ? "" : readFileSync(join(folder, name), "utf8")
    return text === "" ? Effect.zipRight(Effect.sleep("10 millis"), portsIn(folder)) : Effect.succeed(JSON.parse(text))
  })

import { spawnSync } from "node:child_process"
import { createHash, randomUUID } from "node:crypto"
import { createServer } from "node:net"
import { networkInterfaces } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type * as Scope from "effect/Scope"
import {
  type Endpoint,
  formatEndpoint,
  isAbstract,
  parseEndpoint,
  type TcpEndpoint,
  tcpEndpoint,
  type UnixEndpoint,
  unixEndpoint,
} from "../../src/domain/index.ts"
import { hasAbstractNames } from "../../src/transport/listen/listenTarget.ts"
import { type Process, type ProcessEnded, start, tcpfx } from "./tcpfxProcess.ts"
import { temporaryFolder } from "./transportFixture.ts"

/** A program of another project. It relays between its standard streams and a socket, and keeps half-closed sockets. */
export interface Peer {
  readonly program: string
  /** A text in its help that tells it from other programs with the same name. */
  readonly known: RegExp
  /** The arguments to connect. The end of standard input makes the program send FIN. */
  readonly dial: (endpoint: Endpoint) => ReadonlyArray<string>
}

/** A peer that can also listen, for one connection. It prints "listening on" then. */
export interface ListeningPeer extends Peer {
  readonly listen: (endpoint: Endpoint) => ReadonlyArray<string>
}

/** Ncat, of Nmap. */
export const ncat: ListeningPeer = {
  program: "ncat",
  known: /Ncat/,
  dial: (endpoint) => (endpoint._tag === "Unix" ? ["-U", endpoint.path] : [endpoint.host, `${endpoint.port}`]),
  listen: (endpoint) => ["-lv", ...ncat.dial(endpoint)],
}

/** OpenBSD's netcat. `-N` makes it send FIN at the end of its input. */
export const nc: ListeningPeer = {
  program: "nc",
  known: /OpenBSD/,
  dial: (endpoint) => ["-N", ...ncat.dial(endpoint)],
  listen: (endpoint) => ["-lv", ...nc.dial(endpoint)],
}

// By default socat exits 0.5 s after the end of one side.
const socatPatience = ["-t", "60"]

const socatHost = (endpoint: TcpEndpoint) => (endpoint.host.includes(":") ? `[${endpoint.host}]` : endpoint.host)

const socatUnix = (what: "CONNECT" | "LISTEN", endpoint: UnixEndpoint) =>
  isAbstract(endpoint) ? `ABSTRACT-${what}:${endpoint.path.slice(1)}` : `UNIX-${what}:${endpoint.path}`

/** The listening address in the syntax of socat. */
export const socatListenAddress = (endpoint: Endpoint): string =>
  endpoint._tag === "Unix"
    ? socatUnix("LISTEN", endpoint)
    : `TCP${endpoint.host.includes(":") ? 6 : 4}-LISTEN:${endpoint.port},bind=${socatHost(endpoint)}`

/** socat. */
export const socat: ListeningPeer = {
  program: "socat",
  known: /socat/,
  dial: (endpoint) => [
    ...socatPatience,
    "STDIO",
    endpoint._tag === "Unix" ? socatUnix("CONNECT", endpoint) : `TCP:${socatHost(endpoint)}:${endpoint.port}`,
  ],
  listen: (endpoint) => [...socatPatience, "-d", "-d", "STDIO", socatListenAddress(endpoint)],
}

/** A listening socat that hands its connection to a shell command. */
export const socatSystem = (command: string): ListeningPeer => ({
  ...socat,
  listen: (endpoint) => [...socatPatience, "-d", "-d", socatListenAddress(endpoint), `SYSTEM:${command}`],
})

/** A client of Python's standard library. */
export const python: Peer = {
  program: "python3",
  known: /usage/,
  dial: (endpoint) => [
    fileURLToPath(new URL("../interop/peers/client.py", import.meta.url)),
    ...(endpoint._tag === "Unix" ? [endpoint.path] : [endpoint.host, `${endpoint.port}`]),
  ],
}

/** The telnet of inetutils. It reads commands for itself after the escape character. */
export const telnet: Peer = {
  program: "telnet",
  known: /telnet --usage/,
  dial: (endpoint) => (endpoint._tag === "Unix" ? [] : [endpoint.host, `${endpoint.port}`]),
}

const looks = new Map<string, boolean>()

const lookOnce = (what: string, missing: string, look: () => boolean): boolean => {
  const known = looks.get(what)
  if (known !== undefined) return known
  const found = look()
  looks.set(what, found)
  if (!found) process.stdout.write(`tests skipped: ${missing}\n`)
  return found
}

/**
 * Whether all of these programs are installed. The first call prints each missing program, because its tests are
 * skipped.
 */
export const haveAll = (...peers: ReadonlyArray<Peer>): boolean =>
  peers
    .map(({ program, known }) =>
      lookOnce(program, `PATH has no ${program} whose help matches ${known.source}`, () => {
        const { stdout, stderr } = spawnSync(program, ["-h"], { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] })
        return known.test(`${stdout}${stderr}`)
      }),
    )
    .every((found) => found)

/** Whether the machine has the IPv6 loopback address. Prints once if not, because tests are skipped. */
export const haveIpv6 = (): boolean =>
  lookOnce("::1", "no interface has the address ::1", () =>
    Object.values(networkInterfaces()).some((entries) => entries?.some(({ address }) => address === "::1")),
  )

/** Whether Node uses abstract names of unix sockets as other programs do. Prints once if not. */
export const haveAbstractNames = (): boolean =>
  lookOnce(
    "abstract",
    `Node ${process.version} gives abstract names that other programs cannot find`,
    () => hasAbstractNames,
  )

/** Whether the tests run as root, the only user that can become another user. Prints once if not. */
export const haveRoot = (): boolean =>
  lookOnce("root", "only root can become another user", () => process.geteuid?.() === 0)

/** The SHA-256 digest, in hexadecimal. */
export const digest = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex")

/** The path of a unix socket in a new folder. The end of the scope removes the folder. */
export const freshUnixEndpoint: Effect.Effect<Endpoint, never, Scope.Scope> = Effect.map(temporaryFolder, (folder) =>
  unixEndpoint(join(folder, "peer.sock")),
)

/** A unique name in the abstract namespace. */
export const freshAbstractEndpoint: Effect.Effect<Endpoint> = Effect.sync(() =>
  unixEndpoint(`@tcpfx-${process.pid}-${randomUUID()}`),
)

/** A port that was free a moment ago. */
const recentlyFreePort = (host: string): Effect.Effect<Endpoint> =>
  Effect.async((resume) => {
    const server = createServer()
    server.listen(0, host, () => {
      const address = server.address()
      const port = typeof address === "object" && address !== null ? address.port : 0
      server.close(() => resume(Effect.succeed(tcpEndpoint(host, port))))
    })
  })

/** The kinds of address that the tests use. */
export const addressKinds: ReadonlyArray<{
  readonly name: string
  readonly available: () => boolean
  /** The endpoint for tcpfx to listen on. */
  readonly open: Effect.Effect<Endpoint, never, Scope.Scope>
  /** The endpoint for another program to listen on. It has a port, because these programs cannot print a chosen one. */
  readonly free: Effect.Effect<Endpoint, never, Scope.Scope>
}> = [
  {
    name: "TCP",
    available: () => true,
    open: Effect.succeed(tcpEndpoint("127.0.0.1", 0)),
    free: recentlyFreePort("127.0.0.1"),
  },
  { name: "IPv6", available: haveIpv6, open: Effect.succeed(tcpEndpoint("::1", 0)), free: recentlyFreePort("::1") },
  { name: "a unix socket", available: () => true, open: freshUnixEndpoint, free: freshUnixEndpoint },
]

/** The kinds of address for tests that need TCP only. */
export const tcpOpen: Effect.Effect<Endpoint> = Effect.succeed(tcpEndpoint("127.0.0.1", 0))
export const tcpFree: Effect.Effect<Endpoint> = recentlyFreePort("127.0.0.1")

/** A listening `tcpfx serve`, and the endpoint that it prints. */
export const serveAt = (open: Effect.Effect<Endpoint, never, Scope.Scope>, ...args: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const server = yield* tcpfx(["serve", formatEndpoint(yield* open), ...args])
    const [, said = ""] = yield* server.waitFor("stderr", /^tcpfx: listening on (.+)$/m)
    return { server, endpoint: Either.getOrThrow(parseEndpoint(said)) }
  })

/** Starts a peer that connects. */
export const dialWith = (peer: Peer, endpoint: Endpoint): Effect.Effect<Process, never, Scope.Scope> =>
  start(peer.program, peer.dial(endpoint))

/** A listening peer. If another process takes the port before the peer does, the peer tries another port. */
export const listenWith = (
  peer: ListeningPeer,
  free: Effect.Effect<Endpoint, never, Scope.Scope>,
): Effect.Effect<{ readonly listener: Process; readonly endpoint: Endpoint }, ProcessEnded, Scope.Scope> =>
  Effect.gen(function* () {
    const endpoint = yield* free
    const listener = yield* start(peer.program, peer.listen(endpoint))
    yield* listener.waitFor("stderr", /listening on/i)
    return { listener, endpoint }
  }).pipe(Effect.retry({ times: 10, while: ({ stderr }) => /address already in use/i.test(stderr) }))

/** Waits until a listener has seen our FIN. ncat and nc exit then, and socat prints it. */
export const finSeen = (listener: Process): Effect.Effect<unknown, ProcessEnded> =>
  Effect.raceFirst(listener.ended, listener.waitFor("stderr", /socket 2 \(fd \d+\) is at EOF/))

/** A `tcpfx connect`. */
export const connectTo = (endpoint: Endpoint, ...args: ReadonlyArray<string>) =>
  tcpfx(["connect", formatEndpoint(endpoint), ...args])

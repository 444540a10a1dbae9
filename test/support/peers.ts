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

/** A program that we did not write. It relays between its standard streams and a socket, and keeps half-open ones. */
export interface Peer {
  readonly program: string
  /** What its help says when it is the program that is meant, and not another of the same name. */
  readonly known: RegExp
  /** The arguments with which it connects; the end of its input sends FIN. */
  readonly dial: (endpoint: Endpoint) => ReadonlyArray<string>
}

/** A peer that can listen too, for one connection; it says "listening on" when it does. */
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

/** OpenBSD's netcat; `-N` lets it send FIN at the end of its input. */
export const nc: ListeningPeer = {
  program: "nc",
  known: /OpenBSD/,
  dial: (endpoint) => ["-N", ...ncat.dial(endpoint)],
  listen: (endpoint) => ["-lv", ...nc.dial(endpoint)],
}

// socat leaves 0.5 s after one side's end, unless told otherwise.
const socatPatience = ["-t", "60"]

const socatHost = (endpoint: TcpEndpoint) => (endpoint.host.includes(":") ? `[${endpoint.host}]` : endpoint.host)

const socatUnix = (what: "CONNECT" | "LISTEN", endpoint: UnixEndpoint) =>
  isAbstract(endpoint) ? `ABSTRACT-${what}:${endpoint.path.slice(1)}` : `UNIX-${what}:${endpoint.path}`

/** The address at which socat listens. */
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

/** A plain client of Python's standard library. */
export const python: Peer = {
  program: "python3",
  known: /usage/,
  dial: (endpoint) => [
    fileURLToPath(new URL("../interop/peers/client.py", import.meta.url)),
    ...(endpoint._tag === "Unix" ? [endpoint.path] : [endpoint.host, `${endpoint.port}`]),
  ],
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

/** Whether all of these programs are here. The first look says so if one is not, because its tests are skipped then. */
export const haveAll = (...peers: ReadonlyArray<Peer>): boolean =>
  peers
    .map(({ program, known }) =>
      lookOnce(program, `no ${program} on the PATH whose help says ${known.source}`, () => {
        const { stdout, stderr } = spawnSync(program, ["-h"], { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] })
        return known.test(`${stdout}${stderr}`)
      }),
    )
    .every((found) => found)

/** Whether the machine has the IPv6 loopback address; says so once if not, because its tests are skipped then. */
export const haveIpv6 = (): boolean =>
  lookOnce("::1", "no interface has the address ::1", () =>
    Object.values(networkInterfaces()).some((entries) => entries?.some(({ address }) => address === "::1")),
  )

/** Whether Node can use abstract names of unix sockets as other programs do; says so once if not. */
export const haveAbstractNames = (): boolean =>
  lookOnce("abstract", `Node ${process.version} has no abstract names that others find`, () => hasAbstractNames)

/** Whether the tests run as root, who alone can become another user; says so once if not. */
export const haveRoot = (): boolean =>
  lookOnce("root", "only root can become another user", () => process.geteuid?.() === 0)

/** The SHA-256 digest, in hexadecimal. */
export const digest = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex")

/** The path of a unix socket in a folder of its own, which is removed at the end of the scope. */
export const freshUnixEndpoint: Effect.Effect<Endpoint, never, Scope.Scope> = Effect.map(temporaryFolder, (folder) =>
  unixEndpoint(join(folder, "peer.sock")),
)

/** A name in the abstract namespace that no other test has. */
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

/** The kinds of address that are talked over. */
export const addressKinds: ReadonlyArray<{
  readonly name: string
  readonly available: () => boolean
  /** Where tcpfx is told to listen. */
  readonly open: Effect.Effect<Endpoint, never, Scope.Scope>
  /** Where another program is told to listen: it cannot say which port the system chose. */
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

/** Where TCP is enough. */
export const tcpOpen: Effect.Effect<Endpoint> = Effect.succeed(tcpEndpoint("127.0.0.1", 0))
export const tcpFree: Effect.Effect<Endpoint> = recentlyFreePort("127.0.0.1")

/** A `tcpfx serve` that listens, and the endpoint that it says. */
export const serveAt = (open: Effect.Effect<Endpoint, never, Scope.Scope>, ...args: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const server = yield* tcpfx(["serve", formatEndpoint(yield* open), ...args])
    const [, said = ""] = yield* server.waitFor("stderr", /^tcpfx: listening on (.+)$/m)
    return { server, endpoint: Either.getOrThrow(parseEndpoint(said)) }
  })

/** Starts a peer that connects. */
export const dialWith = (peer: Peer, endpoint: Endpoint): Effect.Effect<Process, never, Scope.Scope> =>
  start(peer.program, peer.dial(endpoint))

/** A peer that listens. A port may be lost to somebody else before the peer has it: then it is another one's turn. */
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

/** Waits until a listener has seen our FIN: ncat and nc leave then, socat says so. */
export const finSeen = (listener: Process): Effect.Effect<unknown, ProcessEnded> =>
  Effect.raceFirst(listener.ended, listener.waitFor("stderr", /socket 2 \(fd \d+\) is at EOF/))

/** A `tcpfx connect`. */
export const connectTo = (endpoint: Endpoint, ...args: ReadonlyArray<string>) =>
  tcpfx(["connect", formatEndpoint(endpoint), ...args])

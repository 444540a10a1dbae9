import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import {
  type AddressFamily,
  type Endpoint,
  endpointDefaults,
  escapeControls,
  formatEndpoint,
  isAbstract,
  isLoopback,
  type ListenEndpoint,
  type ListenEndpoints,
  listenEndpoints,
  ofFamily,
  tcpEndpoint,
  type UnixEndpoint,
} from "../../domain/index.ts"
import { type CheckedServerSettings, ServerConfig, type ServerService } from "../../server/index.ts"
import { interfaceAddresses } from "../../transport/index.ts"
import { defaultHostOf } from "../flags/listenArgs.ts"
import { checkZones } from "../flags/zones.ts"
import { type CommandFailed, usageError } from "../process/exit.ts"
import { type Inherited, takeInherited } from "../process/inherited.ts"
import { type AccountName, becomeAccount, findAccount, giveFiles, leftBehind } from "../process/user.ts"
import { inetdProblem } from "./inetd.ts"

/** The flags of listening that are not settings of the server. */
export interface ListeningOptions {
  /** Whether an argument, `-p` or `-U` names an endpoint. */
  readonly isGiven: boolean
  /** Whether the user has chosen the address from a list. */
  readonly isAsked: boolean
  readonly inherit: boolean
  readonly inetd: boolean
  readonly unixMode: Option.Option<number>
  readonly user: Option.Option<AccountName>
  /** The control socket, which is already open. */
  readonly control: Option.Option<UnixEndpoint>
}

interface Plan {
  readonly endpoints: ListenEndpoints
  readonly inherited: Inherited
  readonly notes: ReadonlyArray<string>
}

/** The endpoints of the settings, or else the default endpoint of a family. */
export const endpointsOf = (listen: CheckedServerSettings["listen"], family: AddressFamily): ListenEndpoints =>
  listen === ServerConfig.defaults.listen
    ? [tcpEndpoint(defaultHostOf(family), endpointDefaults.port)]
    : listenEndpoints(listen)

/** Plans the listening sockets: the given endpoints, or else the inherited sockets. With `--inherit`, both. */
const planOf = (options: ListeningOptions, settings: CheckedServerSettings): Effect.Effect<Plan, CommandFailed> =>
  Effect.gen(function* () {
    const inherited = yield* Effect.sync(() => takeInherited(process.env, process.pid))
    const [first, ...more] = inherited.sockets.map(({ endpoint }) => endpoint)
    if (options.inherit && first === undefined) {
      return yield* usageError(`--inherit: no socket was inherited: ${inherited.why}`)
    }
    if (inherited.isBroken) return yield* usageError(inherited.why)
    const said = endpointsOf(settings.listen, settings.family)
    const isSaid = settings.listen !== ServerConfig.defaults.listen
    const takesAll = first !== undefined && (options.inherit || !isSaid)
    const endpoints: ListenEndpoints = takesAll ? [first, ...more, ...(options.isGiven ? said : [])] : said
    const used = new Set(endpoints.map(formatEndpoint))
    const unused = inherited.sockets.filter(({ endpoint }) => !used.has(formatEndpoint(endpoint)))
    const notes =
      unused.length === 0 ? [] : [`${unused.length} of the sockets in LISTEN_FDS not used (--inherit listens on them)`]
    return { endpoints, inherited, notes }
  })

/** Refuses `--unix-mode` if no endpoint has a file, so that no user relies on a mode without effect. */
const checkMode = (endpoints: ListenEndpoints, options: ListeningOptions, settings: CheckedServerSettings) => {
  if (settings.unixMode === undefined) return Effect.void
  const unix = endpoints.filter((endpoint) => endpoint._tag === "Unix")
  const abstract = unix.find(isAbstract)
  if (abstract !== undefined) {
    return usageError(
      `--unix-mode: ${escapeControls(formatEndpoint(abstract))} has no file, so every user of this machine may connect; give a path`,
    )
  }
  return unix.length === 0 && Option.isSome(options.unixMode)
    ? usageError("--unix-mode needs an endpoint unix:/path; no other endpoint has a file")
    : Effect.void
}

/** The messages to the user when the server listens. */
export interface ListeningReport {
  /** A line for each endpoint. */
  readonly endpoints: ReadonlyArray<string>
  readonly notes: ReadonlyArray<string>
}

/** Opens the listening sockets, and becomes the user of `--user`. */
export const startListening = (server: ServerService, options: ListeningOptions, settings: CheckedServerSettings) =>
  Effect.gen(function* () {
    const { endpoints, inherited, notes: planned } = yield* planOf(options, settings)
    yield* checkMode(endpoints, options, settings)
    yield* checkZones(endpoints)
    const account = Option.isSome(options.user) ? yield* findAccount(options.user.value) : undefined
    const left: Array<string> = []
    const listeners = yield* Effect.mapError(server.listenAll(endpoints), (error) =>
      usageError(options.inetd ? inetdProblem(error) : error.message),
    )
    if (account !== undefined) {
      const sockets = [...endpoints, ...Option.toArray(options.control)]
      const files = sockets.flatMap((one) => (one._tag === "Unix" && !isAbstract(one) ? [one.path] : []))
      yield* giveFiles(files, account)
      yield* becomeAccount(account)
      left.push(...(yield* leftBehind(files, account)))
    }
    const bound = listeners.map(({ endpoint }) => endpoint)
    const report: ListeningReport = {
      endpoints: bound.map((one, at) => `listening on ${formatEndpoint(one)}${originOf(endpoints[at], inherited)}`),
      notes: [...(options.isAsked ? [] : yield* adviceOf(endpoints, bound, settings.family)), ...planned, ...left],
    }
    return report
  })

/** A note with the addresses that other machines can reach, if only this machine can connect. */
const adviceOf = (endpoints: ListenEndpoints, bound: ReadonlyArray<Endpoint>, family: AddressFamily) =>
  Effect.gen(function* () {
    // The note is only for TCP endpoints, whose address the user can choose: the service manager chooses the addresses of
    // inherited sockets, and a unix socket has no IP address.
    const isChosen = endpoints.some((endpoint) => endpoint._tag === "Tcp")
    if (!isChosen || !bound.every(isLoopback)) return []
    const others = (yield* interfaceAddresses).filter(
      ({ address, loopback }) => !loopback && ofFamily([address], family).length > 0,
    )
    const named = others.map(({ address, name }) => `${address} (${name})`)
    const all = family === "ipv6" ? ":: (all)" : "0.0.0.0 (all)"
    return [`only this machine can connect; for other machines, listen on ${[...named, all].join(", ")}`]
  })

/** The descriptor of an inherited socket, and its name in the service manager, if any. */
const originOf = (endpoint: ListenEndpoint | undefined, { sockets }: Inherited): string => {
  if (endpoint?._tag !== "Fd") return ""
  const name = sockets.find((socket) => socket.endpoint.fd === endpoint.fd)?.name ?? ""
  return ` (${formatEndpoint(endpoint)}${name === "" ? "" : `, ${name}`})`
}

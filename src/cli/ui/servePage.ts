import { join } from "node:path"
import type * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { WorkspaceService } from "../../assistant/Workspace.ts"
import { bracketed, loopbackOf } from "../../domain/hostText.ts"
import { interfaceAddresses } from "../../transport/index.ts"
import { type Assets, loadAssets } from "../../web/server/Assets.ts"
import type { HandlerServices } from "../../web/server/handlers.ts"
import { makePageServer, type PageListenError, type PageServer } from "../../web/server/PageServer.ts"
import { historyFolder, openHistory } from "../../web/server/PayloadHistory.ts"
import type { PageFlagValues } from "../flags/pageFlags.ts"
import { type CommandFailed, usageError } from "../process/exit.ts"
import { Stdio } from "../process/stdio.ts"
import { tell } from "../process/tell.ts"
import { version } from "../version.ts"
import { type PageAccess, pageAccess } from "./access.ts"
import { openBrowser } from "./openBrowser.ts"
import { projectAccess, type StartProject, startProject } from "./project.ts"

// The folder is relative to the bundle: the bundle is dist/cli/ui.cjs, and the assets are in dist/web.
const assetsFolder = join(__dirname, "..", "web")

const listenProblems: Readonly<Record<string, string>> = {
  EADDRINUSE: "the port is in use; choose another port with --ui-port, or omit --ui-port for a free port",
  EACCES: "permission denied; choose a port from 1024 up with --ui-port",
  EADDRNOTAVAIL: "no interface of this machine has this address; `tcpfx interfaces` lists the addresses",
  ENOTFOUND: "the name has no address; check the spelling, or give an IP address",
  EAFNOSUPPORT: "this machine has no addresses of this family",
}

const listenFailed = ({ code, host, port }: PageListenError): CommandFailed =>
  usageError(
    `the page cannot be served on ${bracketed(host)}:${port}: ` +
      (listenProblems[code] ?? `the system refused it with ${code}`),
  )

/** The addresses of the page: the address of the host, or of each interface if the host is a wildcard. */
const addressesOf = (server: PageServer): Effect.Effect<ReadonlyArray<string>> => {
  const { host } = server
  if (loopbackOf(host) === undefined) return Effect.succeed([server.addressAt(host)])
  return Effect.map(interfaceAddresses, (addresses) =>
    addresses
      .filter(({ address, family }) => !address.startsWith("fe80:") && (host === "::" || family === "IPv4"))
      .map(({ address }) => server.addressAt(address)),
  )
}

/** The valid flags of the page, with the content of their files. */
export interface PreparedPage {
  readonly flags: PageFlagValues
  readonly access: PageAccess
  readonly assets: Assets
  readonly start: StartProject
}

/**
 * Reads all files that the flags name before the page listens, so that a mistake ends the command without a side
 * effect.
 */
export const preparePage = (
  flags: PageFlagValues,
): Effect.Effect<PreparedPage, CommandFailed, FileSystem.FileSystem | Stdio> =>
  Effect.all({
    flags: Effect.succeed(flags),
    access: pageAccess(flags),
    assets: Effect.mapError(loadAssets(assetsFolder), ({ message }) => usageError(message)),
    start: startProject(flags.project),
  })

/** Serves the page over a workspace until the scope closes. Returns the addresses with the token. */
export const servePage = (
  workspace: WorkspaceService,
  attachedTo: HandlerServices["attachedTo"],
  { access, assets, flags, start }: PreparedPage,
): Effect.Effect<ReadonlyArray<string>, CommandFailed, FileSystem.FileSystem | Scope.Scope | Stdio> =>
  Effect.gen(function* () {
    const stdio = yield* Stdio
    const say = (message: string) => Effect.sync(() => stdio.tell("warn", message))
    const history = yield* openHistory({ folder: historyFolder(process.env), onProblem: say })
    const server = yield* makePageServer({
      ...access,
      assets,
      services: { workspace, version, attachedTo, history, project: yield* projectAccess(workspace, start) },
    }).pipe(Effect.mapError(listenFailed))
    const addresses = yield* addressesOf(server)
    if (!flags.noOpen) {
      const isOpened = yield* openBrowser(yield* server.addressForOnce(loopbackOf(server.host) ?? server.host))
      if (isOpened) yield* tell("the page opens in the browser")
    }
    return addresses
  })

import { spawnSync } from "node:child_process"
import { accessSync, constants, writeFileSync } from "node:fs"
import { delimiter, isAbsolute, join, sep } from "node:path"
import type { ContenderInfo, Mode, Row } from "./model.ts"
import { yardstick } from "./model.ts"
import { packageVersion } from "./project.ts"
import type { Launch } from "./server.ts"

export type Protocol = "raw" | "nats" | "redis"

/** A server of the bench: its name, and how each of its modes is started. */
export interface Contender extends ContenderInfo {
  readonly protocol: Protocol
  readonly modes: Readonly<Partial<Record<Mode, Launch>>>
  /** The ids of the rows to measure. Default: all rows whose mode is one of `modes`. */
  readonly only?: ReadonlyArray<string>
  /** Returns the reason if a row is left out. Default: no row is left out. */
  readonly skips?: (row: Row) => string | undefined
}

/** The project, and the temporary folder with the copy of the package, the bundled servers and the files of servers. */
export interface Folders {
  readonly project: string
  readonly temporary: string
}

/** The contenders that are installed on this machine. The first is the yardstick. */
export const findContenders = (folders: Folders): ReadonlyArray<Contender> => {
  const ours = packageVersion(join(folders.project, "package.json"))
  const effect = packageVersion(join(folders.project, "node_modules/effect/package.json"))
  const platform = packageVersion(join(folders.project, "node_modules/@effect/platform-node/package.json"))
  const node = `Node ${process.versions.node}`
  const script = (name: string, ...args: ReadonlyArray<string>): Launch => ({
    _tag: "Says",
    on: "stdout",
    command: process.execPath,
    args: [join(folders.temporary, `${name}.mjs`), ...args],
  })
  const command = (id: string, name: string, about: string, flags: ReadonlyArray<string>) => {
    const argsOf = (mode: "broker" | "echo"): ReadonlyArray<string> => [
      "serve",
      "0",
      ...["--mode", mode, "--half-closed", "close"],
      // The broker forwards whole lines, so that lines of two publishers never mix. Echo returns chunks, as the yardstick does.
      ...["--frame", mode === "broker" ? "line" : "raw"],
      ...flags,
    ]
    const launch = (mode: "broker" | "echo"): Launch => ({
      _tag: "Says",
      on: "stderr",
      command: process.execPath,
      args: [join(folders.temporary, "bin/tcpfx.cjs"), ...argsOf(mode)],
    })
    return {
      ...own,
      id,
      name,
      about,
      commands: [commandLine("tcpfx", argsOf("broker")), commandLine("tcpfx", argsOf("echo"))],
      modes: { broker: launch("broker"), echo: launch("echo") },
    }
  }
  const library = (mode: string): Launch => script("library", mode)
  const variant = (name: string, about: string): Contender => ({
    ...own,
    id: `library-${name}`,
    name: `tcpfx library, ${name}`,
    about,
    isWithoutFloors: true,
    modes: { broker: library(`broker-${name}`), echo: library(`echo-${name}`) },
    only: ["fanout-100", "echo-50-1", "churn"],
  })
  const chunks = { broker: script("rawChunks", "broker"), echo: script("rawChunks", "echo") }
  const naive = { broker: script("naiveEffect", "broker"), echo: script("naiveEffect", "echo") }
  const bare = { version: node, ours: false, protocol: "raw" } as const
  const own = { version: ours, ours: true, protocol: "raw" } as const
  return [
    {
      ...bare,
      id: yardstick,
      name: "raw loop, chunks",
      about: "hand-written node:net loop that forwards each chunk as it was read",
      modes: {
        ...chunks,
        stream: chunks.echo,
        all: chunks.echo,
        mapped: chunks.echo,
        each: chunks.echo,
        fiber: chunks.broker,
      },
    },
    command("cli", "tcpfx command", "tcpfx serve as shipped, shows connections only", ["--no-traffic"]),
    {
      ...command("cli-shown", "tcpfx command, all shown", "the same, shows every line (the default)", []),
      isWithoutFloors: true,
      only: ["fanout-10", "fanout-100", "everybody-100", "echo-50-1", "echo-50-32"],
    },
    {
      ...own,
      id: "library",
      name: "tcpfx library",
      about: "a server of a few lines with tcpfx/server",
      modes: {
        broker: library("broker"),
        echo: library("echo"),
        stream: library("stream"),
        all: library("all"),
        mapped: library("mapped"),
        each: library("each"),
        fiber: library("fiber"),
      },
    },
    variant("guarded", "the same with rate limit, budget, timeouts and allowed addresses, none of them ever reached"),
    variant("observed", "the same with a subscriber that counts all events, frames too"),
    {
      ...bare,
      id: "raw-lines",
      name: "raw loop, whole lines",
      about: "the same loop, forwards whole lines",
      modes: { broker: script("rawLines") },
      only: ["fanout-100", "publishers-10", "everybody-100", "stalled"],
    },
    {
      ...bare,
      id: "raw-single",
      name: "raw loop, one write per line",
      about: "the same loop, one write per line and client",
      modes: { broker: script("rawSingle") },
      only: ["fanout-10"],
    },
    {
      id: "effect",
      name: "naive Effect",
      about: "NodeSocketServer, a PubSub of lines, a Stream for each client",
      version: `effect ${effect}, platform-node ${platform}`,
      ours: false,
      protocol: "raw",
      modes: { ...naive, stream: naive.echo, fiber: naive.broker },
      skips: (row) =>
        isFlatOut(row) && Number(row.load["subscribers"]) > 10
          ? "left out: it delivers 170 k messages/s, and publishers without a rate get millions ahead"
          : undefined,
    },
    ...installed(folders.temporary),
  ]
}

/** Whether publishers send as fast as the server reads messages. */
const isFlatOut = ({ work, load }: Row): boolean =>
  (work === "fanout" || work === "stalled") && load["rate"] === undefined && load["depth"] === undefined

/** Whether a contender is measured in a row. `LeftOut` has a reason for the report, `NotAsked` has none. */
export const whetherAsked = (
  { modes, only, skips }: Contender,
  row: Row,
): { readonly _tag: "Asked" | "NotAsked" } | { readonly _tag: "LeftOut"; readonly reason: string } => {
  if (modes[row.mode] === undefined || !(only?.includes(row.id) ?? true)) return { _tag: "NotAsked" }
  const reason = skips?.(row)
  return reason === undefined ? { _tag: "Asked" } : { _tag: "LeftOut", reason }
}

/** A command as typed in a shell. */
export const commandLine = (program: string, args: ReadonlyArray<string>): string =>
  [program, ...args.map((arg) => (/^[\w.,:=/@%+-]+$/.test(arg) ? arg : `'${arg}'`))].join(" ")

const installed = (temporary: string): ReadonlyArray<Contender> => {
  const found: Array<Contender> = []
  const add = (
    program: string,
    {
      args,
      note = "",
      ...about
    }: Pick<Contender, "name" | "about" | "protocol" | "skips"> & {
      readonly args: (port: string) => ReadonlyArray<string>
      /** A comment after the command line, for settings in a file. */
      readonly note?: string
    },
  ) => {
    const path = findProgram(program)
    if (path === undefined) return
    const broker: Launch = { _tag: "Answers", command: path, argsFor: (port) => args(`${port}`) }
    const shown = args("PORT").map((arg) => arg.replace(temporary + sep, ""))
    const commands = [`${commandLine(program, shown)}${note}`]
    found.push({ ...about, id: program, version: versionOf(path), ours: false, commands, modes: { broker } })
  }
  add("ncat", {
    name: "ncat --broker",
    about: "the broker of nmap's netcat",
    protocol: "raw",
    args: (port) => ["-l", "--broker", "127.0.0.1", port, "-m", "2000"],
    skips: (row) => (row.files < 1000 ? undefined : "left out: it cannot hold so many connections"),
  })
  const config = ["max_pending: 1GB", 'write_deadline: "60s"']
  const configFile = join(temporary, "nats.conf")
  writeFileSync(configFile, `${config.join("\n")}\n`)
  add("nats-server", {
    name: "nats-server",
    about: "one subject, its own protocol",
    protocol: "nats",
    args: (port) => ["-a", "127.0.0.1", "-p", port, "-c", configFile],
    note: ` # ${config.join(", ")}`,
  })
  add("redis-server", {
    name: "redis-server",
    about: "one channel of its pub/sub, its own protocol",
    protocol: "redis",
    args: (port) => [
      ...["--port", port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--daemonize", "no"],
      ...["--client-output-buffer-limit", "pubsub 0 0 0", "--maxclients", "15000", "--protected-mode", "no"],
    ],
    skips: (row) =>
      row.load["everybody"] === undefined ? undefined : "left out: a subscriber of redis cannot publish",
  })
  return found
}

/** Finds a program in PATH, and in the folders for servers, which are missing in the PATH of many users. */
export const findProgram = (program: string): string | undefined =>
  (isAbsolute(program) ? [program] : placesOf(program)).find((path) => {
    try {
      accessSync(path, constants.X_OK)
      return true
    } catch {
      return false
    }
  })

const placesOf = (program: string): ReadonlyArray<string> =>
  [...(process.env["PATH"] ?? "").split(delimiter), "/usr/sbin", "/usr/local/sbin"]
    .filter((folder) => folder !== "")
    .map((folder) => join(folder, program))

const versionOf = (path: string): string => {
  const { stdout, stderr } = spawnSync(path, ["--version"], { encoding: "utf8", timeout: 5000 })
  return /\d+\.\d+(?:\.\d+)*/.exec(`${stdout}${stderr}`)?.[0] ?? "of unknown version"
}

import { spawnSync } from "node:child_process"
import { accessSync, constants, writeFileSync } from "node:fs"
import { delimiter, isAbsolute, join, sep } from "node:path"
import type { ContenderInfo, Mode, Row } from "./model.ts"
import { yardstick } from "./model.ts"
import { packageVersion } from "./project.ts"
import type { Launch } from "./server.ts"

export type Protocol = "raw" | "nats" | "redis"

/** A server of the bench: what it is called, how it is started in each mode that it has. */
export interface Contender extends ContenderInfo {
  readonly protocol: Protocol
  readonly modes: Readonly<Partial<Record<Mode, Launch>>>
  /** Whether it can do a row of a mode that it has. Default: it can. */
  readonly can?: (row: Row) => boolean
}

/** The project's folder, and the one with a copy of the package, the bundled servers and what servers write. */
export interface Folders {
  readonly project: string
  readonly temporary: string
}

/** All that can be had on this machine. The first is the yardstick. */
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
  const command = (mode: string): Launch => ({
    _tag: "Says",
    on: "stderr",
    command: process.execPath,
    args: [
      join(folders.temporary, "bin/tcpfx.cjs"),
      "serve",
      "0",
      "--mode",
      mode,
      "--half-closed",
      "close",
      "--no-traffic",
      // Whole lines, so that two publishers' lines never mix; echo is of chunks, as that of its yardstick.
      "--frame",
      mode === "broker" ? "line" : "raw",
    ],
  })
  const library = (mode: string): Launch => script("library", mode)
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
    {
      ...own,
      id: "cli",
      name: "tcpfx command",
      about: "tcpfx serve, as it is shipped",
      modes: { broker: command("broker"), echo: command("echo") },
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
    {
      ...bare,
      id: "raw-lines",
      name: "raw loop, whole lines",
      about: "the same loop, keeping lines whole",
      modes: { broker: script("rawLines") },
      can: among("fanout-100", "publishers-10", "everybody-100", "stalled"),
    },
    {
      ...bare,
      id: "raw-single",
      name: "raw loop, one write per line",
      about: "the same loop, one write per line and client",
      modes: { broker: script("rawSingle") },
      can: among("fanout-10"),
    },
    {
      id: "effect",
      name: "naive Effect",
      about: "NodeSocketServer, a PubSub of lines, a Stream for each client",
      version: `effect ${effect}, platform-node ${platform}`,
      ours: false,
      protocol: "raw",
      modes: { ...naive, stream: naive.echo, fiber: naive.broker },
      // Flat out it takes a second for each 170 k deliveries, and a publisher sends millions ahead of it.
      can: (row) => !/^fanout-1|^publishers|^single|^stalled|-flat$/.test(row.id) || row.id === "fanout-10",
    },
    ...installed(folders.temporary),
  ]
}

/** The rows that a variant of the raw loop has something to say to; a whole bench takes half an hour as it is. */
const among =
  (...ids: ReadonlyArray<string>) =>
  (row: Row): boolean =>
    ids.includes(row.id)

const installed = (temporary: string): ReadonlyArray<Contender> => {
  const found: Array<Contender> = []
  const add = (
    program: string,
    name: string,
    about: string,
    protocol: Protocol,
    argsFor: (port: number) => ReadonlyArray<string>,
    can?: (row: Row) => boolean,
  ) => {
    const path = findProgram(program)
    if (path === undefined) return
    const broker: Launch = { _tag: "Answers", command: path, argsFor }
    const base = { id: program, name, about, version: versionOf(path), ours: false, protocol, modes: { broker } }
    found.push(can === undefined ? base : { ...base, can })
  }
  add(
    "ncat",
    "ncat --broker",
    "the broker of nmap's netcat",
    "raw",
    (port) => ["-l", "--broker", "127.0.0.1", `${port}`, "-m", "2000"],
    (row) => row.files < 1000,
  )
  const config = join(temporary, "nats.conf")
  writeFileSync(config, 'max_pending: 1GB\nwrite_deadline: "60s"\n')
  add("nats-server", "nats-server", "one subject, its own protocol", "nats", (port) => [
    "-a",
    "127.0.0.1",
    "-p",
    `${port}`,
    "-c",
    config,
  ])
  add(
    "redis-server",
    "redis-server",
    "one channel of its pub/sub, its own protocol",
    "redis",
    (port) => [
      ...["--port", `${port}`, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--daemonize", "no"],
      ...["--client-output-buffer-limit", "pubsub 0 0 0", "--maxclients", "15000", "--protected-mode", "no"],
    ],
    // A connection that has subscribed may not publish.
    (row) => row.load["everybody"] === undefined,
  )
  return found
}

/** Where a program is; servers stand in folders that not every user has in PATH. */
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

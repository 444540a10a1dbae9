import * as fs from "node:fs"
import { networkInterfaces } from "node:os"
import type { Candidate, Known } from "./complete.ts"

// The maximum number of hosts among the candidates.
const mostHosts = 50

/** The sources of names for the completions. */
export interface World {
  /** The files of defaults and projects, the strongest first. */
  readonly files: ReadonlyArray<string>
  readonly history: string
  readonly parseYaml: (text: string) => unknown
}

const textOf = (path: string): string => {
  try {
    const stat = fs.statSync(path)
    return stat.isFile() && stat.size < 4 * 1024 * 1024 ? fs.readFileSync(path, "utf8") : ""
  } catch {
    return ""
  }
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const read = ({ parseYaml }: World, path: string): Readonly<Record<string, unknown>> => {
  const text = textOf(path)
  try {
    const value = text === "" ? undefined : parseYaml(text)
    return isRecord(value) ? value : {}
  } catch {
    // The completions ignore a file with mistakes.
    return {}
  }
}

const macros = (world: World): ReadonlyArray<Candidate> =>
  world.files.flatMap((path) => {
    const list = read(world, path)["macros"]
    const items: ReadonlyArray<unknown> = Array.isArray(list) ? list : []
    return items.flatMap((item) =>
      isRecord(item) && typeof item["name"] === "string" ? [{ word: item["name"], help: path }] : [],
    )
  })

/** The addresses of this machine. A link-local address needs its interface (RFC 4007). */
const addresses = (): ReadonlyArray<Candidate> =>
  Object.entries(networkInterfaces()).flatMap(([name, entries = []]) =>
    entries.map(({ address, internal }) => ({
      word: address.startsWith("fe80:") ? `${address}%${name}` : address,
      help: internal ? `${name}, only this machine` : name,
    })),
  )

const everywhere: ReadonlyArray<Candidate> = [
  { word: "0.0.0.0", help: "all addresses of IPv4" },
  { word: "[::]", help: "all addresses" },
]

const unix: Candidate = { word: "unix:", help: "a unix socket" }

/** The endpoints of earlier `/connect` commands, the last one first. */
const visited = ({ history }: World): ReadonlyArray<Candidate> =>
  textOf(history)
    .split("\n")
    .reverse()
    .flatMap((line) => {
      const endpoint = /^\/connect\s+(\S+)/.exec(line)?.[1]
      return endpoint === undefined ? [] : [{ word: endpoint, help: "connected before" }]
    })

const configured = (world: World): ReadonlyArray<Candidate> =>
  world.files.flatMap((path) => {
    const section = read(world, path)["connect"]
    const endpoint = isRecord(section) ? section["endpoint"] : undefined
    return typeof endpoint === "string" ? [{ word: endpoint, help: path }] : []
  })

const unique = (candidates: ReadonlyArray<Candidate>): ReadonlyArray<Candidate> =>
  candidates.filter(({ word }, index) => candidates.findIndex((other) => other.word === word) === index)

/** The words for completions that depend on this machine: its addresses, and the names in its files. */
export const knownIn =
  (world: World): Known =>
  (kind) => {
    switch (kind) {
      case "address":
        return addresses()
      case "endpoint":
        return [...addresses().map(bracketed), ...everywhere, unix]
      case "host":
        return [...unique([...configured(world), ...visited(world)]).slice(0, mostHosts), plainHost, unix]
      case "macro":
        return macros(world)
      default:
        return []
    }
  }

const plainHost: Candidate = { word: "127.0.0.1", help: "this machine" }

// An IPv6 address with a port needs brackets.
const bracketed = ({ help, word }: Candidate): Candidate => ({ word: word.includes(":") ? `[${word}]` : word, help })

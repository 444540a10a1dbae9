import * as Either from "effect/Either"
import { parseYesNo } from "../../domain/index.ts"
import { suggestion } from "../../domain/nearest.ts"
import { emptyVariable } from "../../runtime/variable.ts"
import type { CommandShapes } from "../flags/habits.ts"
import { type CommandFailed, usageError } from "../process/exit.ts"
import { type Default, endpointKey } from "./Default.ts"
import { isOnlyOnCommandLine, onlyOnCommandLineProblem, type SectionName, settable } from "./sections.ts"

type Environment = Readonly<Record<string, string | undefined>>

const upper = (name: string): string => name.replaceAll("-", "_").toUpperCase()

/** The variable that sets the default of a flag for one command: `TCPFX_SERVE_FRAME` for `--frame` of `serve`. */
export const variableOf = (section: SectionName, name: string): string => `TCPFX_${upper(section)}_${upper(name)}`

// The flags whose command reads a variable without the name of the command, such as TCPFX_FRAME.
const deadlines = ["idle-timeout", "write-timeout", "heartbeat", "heartbeat-interval", "heartbeat-timeout"]
const rows = ["view", "timestamps", "precision", "encoding", "theme"]
const shared = [...deadlines, "keepalive", "tls-cert", "tls-key", "telnet", ...rows]
const read: Readonly<Record<SectionName, ReadonlyArray<string>>> = {
  serve: [
    ...shared,
    ...["listen", "family", "ipv6-only", "unix-mode", "backlog", "frame", "max-frame", "hub-budget", "slow-consumer"],
    ...[
      "drain",
      "allow",
      "deny",
      "proxy-protocol",
      "proxy-from",
      "max-conns",
      "max-per-address",
      "max-rate",
      "refusal",
      "displace",
    ],
    ...["max-rate-in-all", "max-pending", "handshake-timeout", "first-frame-timeout", "tls-client-ca"],
  ],
  connect: [
    ...shared,
    ...["proxy", "send-proxy", "source", "source-port", "reconnect-delay", "reconnect-max", "max-attempts", "tls-ca"],
  ],
  ui: [],
}

/** The variables without the name of a command that a command reads itself, by their flags. */
export const ownVariables = (section: SectionName): ReadonlyMap<string, string> =>
  new Map(read[section].map((name) => [name === "listen" ? endpointKey : name, `TCPFX_${upper(name)}`]))

/** The defaults from variables without the name of a command. The command reads and checks these variables itself. */
export const ownDefaults = (section: SectionName, environment: Environment): ReadonlyArray<Default> =>
  [...ownVariables(section)].flatMap(([name, variable]) => {
    const text = environment[variable]
    return text === undefined ? [] : [{ name, values: [text], origin: { _tag: "Variable", name: variable } }]
  })

/** The defaults from the variables of one command. A variable of no flag is refused, because it is a typing mistake. */
export const sectionDefaults = (
  section: SectionName,
  environment: Environment,
  commands: CommandShapes,
): Either.Either<ReadonlyArray<Default>, CommandFailed> => {
  const prefix = variableOf(section, "")
  const flags = settable(section, commands)
  const defaults: Array<Default> = []
  for (const [variable, text = ""] of Object.entries(environment)) {
    if (!variable.startsWith(prefix)) continue
    const fail = (problem: string) => Either.left(usageError(`${variable}: ${problem}`))
    const flag = flags.find(({ name }) => variableOf(section, name) === variable)
    if (flag === undefined) {
      const name = variable.slice(prefix.length).toLowerCase().replaceAll("_", "-")
      if (isOnlyOnCommandLine(name)) return fail(`--${name} ${onlyOnCommandLineProblem}`)
      const names = flags.map((known) => variableOf(section, known.name))
      return fail(`tcpfx ${section} has no such flag${suggestion(variable, names)}`)
    }
    if (text === "") return fail(emptyVariable)
    const problem = flag.problemOf(text)
    if (problem !== undefined) return fail(problem)
    const value = flag.takesValue ? text : Either.getOrThrow(parseYesNo(text)) ? "yes" : "no"
    defaults.push({ name: flag.name, values: [value], origin: { _tag: "Variable", name: variable } })
  }
  return Either.right(defaults)
}

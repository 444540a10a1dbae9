import * as Either from "effect/Either"
import { ConnectionId, type ListenEndpoint, parseListenEndpoint } from "../../domain/index.ts"

/** What a running server can be told. */
export type ControlCommand =
  | { readonly _tag: "State" | "Suspend" | "Resume" | "Reload" | "Drain" | "Help" }
  | { readonly _tag: "Listen" | "Stop"; readonly endpoint: ListenEndpoint }
  | { readonly _tag: "Kick"; readonly id: ConnectionId; readonly how: "fin" | "reset" }

/** The commands in words, as `help` shows them. */
export const controlHelp: ReadonlyArray<string> = [
  "state: where it listens, who is there, since when, what went and what waits",
  "suspend, resume: refuse newcomers and take them again, while the ports stay",
  "listen ENDPOINT, stop ENDPOINT: open and close a listener; connections live on",
  "kick ID [reset]: end a connection, in order or at once",
  "reload: read the files of access and TLS again, as SIGHUP does",
  "drain: end everything in order and leave, as SIGTERM does",
]

const plain = new Map([
  ["state", "State"],
  ["suspend", "Suspend"],
  ["resume", "Resume"],
  ["reload", "Reload"],
  ["drain", "Drain"],
  ["help", "Help"],
] as const)
const names = [...plain.keys(), "listen", "stop", "kick"]

const kickOf = (id: string | undefined, how: string | undefined): Either.Either<ControlCommand, string> => {
  const number = Number(/^#?([1-9][0-9]{0,14})$/.exec(id ?? "")?.[1] ?? 0)
  if (number === 0) return Either.left("kick needs the number of a connection, such as kick 3")
  if (how !== undefined && how !== "reset") return Either.left(`kick ${number} takes nothing behind it but "reset"`)
  return Either.right({ _tag: "Kick", id: ConnectionId.make(number), how: how === undefined ? "fin" : "reset" })
}

/** Reads one line. What is wrong with it is told in words. */
export const parseControl = (line: string): Either.Either<ControlCommand, string> => {
  const [name = "", first, second, ...more] = line.trim().split(/\s+/)
  if (more.length > 0) return Either.left(`too many words: ${more.join(" ")}`)
  const found = [...plain].find(([word]) => word === name)?.[1]
  if (found !== undefined) {
    return first === undefined ? Either.right({ _tag: found }) : Either.left(`${name} takes nothing behind it`)
  }
  if (name === "kick") return kickOf(first, second)
  if (name === "listen" || name === "stop") {
    if (first === undefined || second !== undefined)
      return Either.left(`${name} needs one endpoint, such as ${name} 127.0.0.1:9000`)
    const _tag = name === "listen" ? "Listen" : "Stop"
    return Either.mapBoth(parseListenEndpoint(first), {
      onLeft: (error) => error.message,
      onRight: (endpoint): ControlCommand => ({ _tag, endpoint }),
    })
  }
  return Either.left(`${JSON.stringify(name)} is no command; expected ${names.join(", ")}`)
}

import type { ConnectionId } from "../ConnectionId.ts"
import type { Endpoint } from "../Endpoint.ts"
import { plainHost } from "../hostText.ts"
import { suggestion } from "./nearest.ts"

/** One variable of a payload. */
export interface VariableHelp {
  /** What stands between the braces of `${…}`. */
  readonly name: string
  readonly what: string
}

/** The variables that a payload can have. */
export const variableHelp: ReadonlyArray<VariableHelp> = [
  { name: "time", what: "date and time, UTC, as in 2026-11-30T05:40:00.000Z" },
  { name: "unix", what: "seconds since 1970" },
  { name: "counter", what: "1, 2, 3 … with each sending" },
  { name: "random:4", what: "random hex digits, so many: 1 to 64, 8 without a number" },
  { name: "client.id", what: "number of the client" },
  { name: "client.ip", what: "address of the client; empty over a unix socket" },
  { name: "client.port", what: "port of the client; empty over a unix socket" },
  { name: "client.name", what: "name that the client was given; empty without one" },
  { name: "1", what: "text that the first group of a rule's expression has captured; 0 is the whole match" },
]

/** The variables as they are written. */
export const variableForms: ReadonlyArray<string> = variableHelp.map(({ name }) => `\${${name}}`)

const names = ["time", "unix", "counter", "random", "client.id", "client.ip", "client.port", "client.name"]
const isCapture = (name: string): boolean => /^[0-9]{1,2}$/.test(name)
const mostDigits = 64

/** What is wrong with a variable; nothing, if nothing is. */
export const checkVariable = (name: string, argument: string | undefined): string | undefined => {
  if (!names.includes(name) && !isCapture(name)) {
    return `\${${name}} is no variable${suggestion(name, names)}`
  }
  if (argument === undefined) return undefined
  if (name !== "random") return `\${${name}} takes nothing behind a colon`
  const digits = /^[0-9]{1,3}$/.test(argument) ? Number(argument) : 0
  return digits >= 1 && digits <= mostDigits ? undefined : `\${random} makes 1 to ${mostDigits} digits`
}

/** What variables stand for at one sending. */
export interface VariableValues {
  /** Milliseconds since the epoch. */
  readonly now: number
  /** The number of the sending, from 1. */
  readonly counter: number
  /** A random whole number from 0 to 15. */
  readonly randomDigit: () => number
  /** The client that the payload goes to, if that is one client. */
  readonly client?: { readonly id: ConnectionId; readonly name: string; readonly remote: Endpoint } | undefined
  /** What a rule's match has captured; the first is the whole match. */
  readonly captures?: ReadonlyArray<string> | undefined
}

/** The value of a variable; nothing where it has none here, as `${1}` outside a rule. */
export const variableValue = (
  values: VariableValues,
  name: string,
  argument: string | undefined,
): string | undefined => {
  const { captures, client, counter, now, randomDigit } = values
  if (isCapture(name)) return captures?.[Number(name)]
  switch (name) {
    case "time":
      return new Date(now).toISOString()
    case "unix":
      return String(Math.floor(now / 1000))
    case "counter":
      return String(counter)
    case "random":
      return Array.from({ length: Number(argument ?? 8) }, () => randomDigit().toString(16)).join("")
    case "client.id":
      return client && String(client.id)
    case "client.ip":
      return client && (client.remote._tag === "Tcp" ? plainHost(client.remote.host) : "")
    case "client.port":
      return client && (client.remote._tag === "Tcp" ? String(client.remote.port) : "")
    case "client.name":
      return client?.name
    default:
      return undefined
  }
}

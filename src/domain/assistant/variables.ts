import type { ConnectionId } from "../ConnectionId.ts"
import type { Endpoint } from "../Endpoint.ts"
import { plainHost } from "../hostText.ts"
import { suggestion } from "../nearest.ts"

/** The help of one variable of a payload. */
export interface VariableHelp {
  /** The text between the braces of `${…}`. */
  readonly name: string
  readonly what: string
}

/** The variables that a payload can contain. */
export const variableHelp: ReadonlyArray<VariableHelp> = [
  { name: "time", what: "date and time, UTC, as in 2026-11-30T05:40:00.000Z" },
  { name: "unix", what: "seconds since 1970" },
  { name: "counter", what: "number of the send: 1, 2, 3 …" },
  { name: "random:4", what: "4 random hex digits; any number from 1 to 64, by default 8" },
  { name: "client.id", what: "number of the client" },
  { name: "client.ip", what: "address of the client; empty over a unix socket" },
  { name: "client.port", what: "port of the client; empty over a unix socket" },
  { name: "client.name", what: "name of the client; empty for a client without a name" },
  { name: "bytes:12-13", what: "bytes 12 to 13 of the frame that a rule has matched, counted from 0; also in hex" },
  { name: "1", what: `text that the first group of a rule's expression captures; \${0} is the whole match` },
]

/** The written forms of the variables. */
export const variableForms: ReadonlyArray<string> = variableHelp.map(({ name }) => `\${${name}}`)

const names = ["time", "unix", "counter", "random", "client.id", "client.ip", "client.port", "client.name", "bytes"]
const isCapture = (name: string): boolean => /^[0-9]{1,2}$/.test(name)
const mostDigits = 64
const lastByte = 65_535

/** Reads the argument of `${bytes:FIRST-LAST}`. Returns `undefined` if the argument is not a valid range. */
export const byteRange = (
  argument: string | undefined,
): { readonly first: number; readonly last: number } | undefined => {
  const found = /^([0-9]{1,5})(?:-([0-9]{1,5}))?$/.exec(argument ?? "")
  if (found === null) return undefined
  const first = Number(found[1])
  const last = Number(found[2] ?? found[1])
  return first <= last && last <= lastByte ? { first, last } : undefined
}

/** Returns the problem of a variable, or `undefined` if the variable is valid. */
export const checkVariable = (name: string, argument: string | undefined): string | undefined => {
  if (!names.includes(name) && !isCapture(name)) {
    return `\${${name}} is not a variable${suggestion(name, names)}`
  }
  if (name === "bytes") {
    return byteRange(argument) === undefined
      ? `\${bytes} takes one byte or a range, such as \${bytes:12} or \${bytes:12-13}, up to byte ${lastByte}`
      : undefined
  }
  if (argument === undefined) return undefined
  if (name !== "random") return `\${${name}} takes no argument after a colon`
  const digits = /^[0-9]{1,3}$/.test(argument) ? Number(argument) : 0
  return digits >= 1 && digits <= mostDigits ? undefined : `\${random} takes a number from 1 to ${mostDigits}`
}

/** The values of the variables for one send. */
export interface VariableValues {
  /** Milliseconds since the epoch. */
  readonly now: number
  /** The number of the send, from 1. */
  readonly counter: number
  /** Returns a random whole number from 0 to 15. */
  readonly randomDigit: () => number
  /** The client that receives the payload, if the payload has exactly one recipient. */
  readonly client?: { readonly id: ConnectionId; readonly name: string; readonly remote: Endpoint } | undefined
  /** The texts that the match of a rule captures; the first one is the whole match. */
  readonly captures?: ReadonlyArray<string> | undefined
  /** The frame that a rule has matched, or at least its first 64 KiB. */
  readonly frame?: Uint8Array | undefined
}

/**
 * Returns the value of a variable: a text or bytes. Returns `undefined` if the variable has no value for this payload,
 * such as `${1}` outside a rule.
 */
export const variableValue = (
  values: VariableValues,
  name: string,
  argument: string | undefined,
): string | Uint8Array | undefined => {
  const { captures, client, counter, frame, now, randomDigit } = values
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
    case "bytes": {
      const range = byteRange(argument)
      return range && frame && range.last < frame.length ? frame.subarray(range.first, range.last + 1) : undefined
    }
    default:
      return undefined
  }
}

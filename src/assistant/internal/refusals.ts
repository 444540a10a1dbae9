import * as Either from "effect/Either"
import * as Assistant from "../../domain/assistant/index.ts"
import {
  type ConnectError,
  type Endpoint,
  escapeControls,
  formatEndpoint,
  type InvalidPayloadError,
  type ListenEndpoint,
  type ListenError,
  parseEndpoint,
  parseListenEndpoint,
} from "../../domain/index.ts"

const { Refusal } = Assistant

/** Splits the message of an error into cause and advice, which a semicolon separates. */
const parted = (advice: string): { readonly cause: string; readonly advice?: string } => {
  const at = advice.indexOf("; ")
  return at < 0 ? { cause: advice } : { cause: advice.slice(0, at), advice: advice.slice(at + 2) }
}

const shownEndpoint = (endpoint: ListenEndpoint | string): string =>
  typeof endpoint === "string" ? endpoint : formatEndpoint(endpoint)

const portFaults: ReadonlyArray<string> = ["AddressInUse", "PermissionDenied"]

/** The reason why a server cannot listen, with advice. */
export const listenRefused = (error: ListenError): Assistant.Refusal => {
  const { cause, advice } = parted(error.advice)
  const isPort =
    typeof error.endpoint !== "string" && error.endpoint._tag === "Tcp" && portFaults.includes(error.reason)
  return new Refusal({
    reason: "listen",
    message: escapeControls(`cannot listen on ${shownEndpoint(error.endpoint)}: ${cause}`),
    advice,
    field: isPort ? "port" : "endpoint",
    code: error.code,
  })
}

/** The reason why a connection cannot be made, with advice. */
export const connectRefused = (error: ConnectError): Assistant.Refusal => {
  const { cause, advice } = parted(error.advice)
  const way = error.proxy === undefined ? "" : ` by way of ${error.proxy}`
  return new Refusal({
    reason: "connect",
    message: escapeControls(`cannot connect to ${shownEndpoint(error.endpoint)}${way}: ${cause}`),
    advice,
    field: "endpoint",
    code: error.code,
  })
}

/** The refusal of a payload that the framing cannot encode. */
export const payloadRefused = (error: InvalidPayloadError): Assistant.Refusal =>
  new Refusal({ reason: "payload", message: error.message, field: "content" })

/** The refusal of a command for the other kind of window. */
export const wrongKind = (command: Assistant.Command, kind: "server" | "client"): Assistant.Refusal => {
  const [verb] = Assistant.formatCommand(command).split(" ", 1)
  const other = kind === "server" ? "client" : "server"
  return new Refusal({ reason: "wrong-kind", message: `${verb} is for a ${other}, and this is a ${kind}` })
}

/** Makes a refusal. */
export const refusal = (
  reason: Assistant.Refusal["reason"],
  message: string,
  more: { readonly advice?: string; readonly field?: string } = {},
): Assistant.Refusal => new Refusal({ reason, message, ...more })

const ofSyntax = <A>(read: Either.Either<A, { readonly message: string }>): Either.Either<A, Assistant.Refusal> =>
  Either.mapLeft(read, ({ message }) => refusal("value", message, { field: "endpoint" }))

/** Parses an endpoint to listen on. */
export const readListenEndpoint = (text: string): Either.Either<ListenEndpoint, Assistant.Refusal> =>
  ofSyntax(parseListenEndpoint(text))

/** Parses an endpoint to connect to. */
export const readEndpoint = (text: string): Either.Either<Endpoint, Assistant.Refusal> => ofSyntax(parseEndpoint(text))

/** Converts a refusal into the form that a state shows beside a field. */
export const problemFrom = ({ advice, code, field, message }: Assistant.Refusal): Assistant.Problem => ({
  message,
  ...(advice === undefined ? {} : { advice }),
  ...(field === undefined ? {} : { field }),
  ...(code === undefined ? {} : { code }),
})

/** The refusal of an unknown name, with the nearest known name. */
export const unknown = (what: string, name: string, names: Iterable<string>): Assistant.Refusal =>
  refusal("unknown", `there is no ${what} ${JSON.stringify(name)}${Assistant.suggestion(name, names)}`, {
    field: "name",
  })

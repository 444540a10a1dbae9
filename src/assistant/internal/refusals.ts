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

/** The cause and the advice of an error, which stand in one sentence with a semicolon between them. */
const parted = (advice: string): { readonly cause: string; readonly advice?: string } => {
  const at = advice.indexOf("; ")
  return at < 0 ? { cause: advice } : { cause: advice.slice(0, at), advice: advice.slice(at + 2) }
}

const portFaults: ReadonlyArray<string> = ["AddressInUse", "PermissionDenied"]

/** Why a server cannot listen, with what to do about it. */
export const listenRefused = (error: ListenError): Assistant.Refusal => {
  const { cause, advice } = parted(error.advice)
  const isPort = error.endpoint._tag === "Tcp" && portFaults.includes(error.reason)
  return new Refusal({
    reason: "listen",
    message: escapeControls(`cannot listen on ${formatEndpoint(error.endpoint)}: ${cause}`),
    advice,
    field: isPort ? "port" : "endpoint",
    code: error.code,
  })
}

/** Why a connection cannot be made, with what to do about it. */
export const connectRefused = (error: ConnectError): Assistant.Refusal => {
  const { cause, advice } = parted(error.advice)
  const way = error.proxy === undefined ? "" : ` by way of ${error.proxy}`
  return new Refusal({
    reason: "connect",
    message: escapeControls(`cannot connect to ${formatEndpoint(error.endpoint)}${way}: ${cause}`),
    advice,
    field: "endpoint",
    code: error.code,
  })
}

/** A payload that the framing cannot carry. */
export const payloadRefused = (error: InvalidPayloadError): Assistant.Refusal =>
  new Refusal({ reason: "payload", message: error.message, field: "content" })

/** A command for the other kind of window. */
export const wrongKind = (command: Assistant.Command, kind: "server" | "client"): Assistant.Refusal => {
  const [verb] = Assistant.formatCommand(command).split(" ", 1)
  const other = kind === "server" ? "client" : "server"
  return new Refusal({ reason: "wrong-kind", message: `${verb} is for a ${other}, and this is a ${kind}` })
}

/** A refusal with a reason and a message. */
export const refusal = (
  reason: Assistant.Refusal["reason"],
  message: string,
  more: { readonly advice?: string; readonly field?: string } = {},
): Assistant.Refusal => new Refusal({ reason, message, ...more })

const ofSyntax = <A>(read: Either.Either<A, { readonly message: string }>): Either.Either<A, Assistant.Refusal> =>
  Either.mapLeft(read, ({ message }) => refusal("value", message, { field: "endpoint" }))

/** Reads where to listen. */
export const readListenEndpoint = (text: string): Either.Either<ListenEndpoint, Assistant.Refusal> =>
  ofSyntax(parseListenEndpoint(text))

/** Reads where to connect to. */
export const readEndpoint = (text: string): Either.Either<Endpoint, Assistant.Refusal> => ofSyntax(parseEndpoint(text))

/** A refusal as it stands beside a field. */
export const problemFrom = ({ advice, code, field, message }: Assistant.Refusal): Assistant.Problem => ({
  message,
  ...(advice === undefined ? {} : { advice }),
  ...(field === undefined ? {} : { field }),
  ...(code === undefined ? {} : { code }),
})

/** A refusal for a name that nothing has, with the nearest one that something has. */
export const unknown = (what: string, name: string, names: Iterable<string>): Assistant.Refusal =>
  refusal("unknown", `there is no ${what} ${JSON.stringify(name)}${Assistant.suggestion(name, names)}`, {
    field: "name",
  })

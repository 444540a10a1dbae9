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
export const wrongKind = (command: Assistant.Command, kind: "server" | "client"): Assistant.Refusal =>
  new Refusal({
    reason: "wrong-kind",
    message:
      kind === "server"
        ? `${command._tag} is for a client, and this is a server`
        : `${command._tag} is for a server, and this is a client`,
  })

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

const problemOf = (text: string, what: "name" | "tag", longest: number): string | undefined => {
  if ([...text].length > longest) return `the ${what} is longer than ${longest} letters`
  if (escapeControls(text) !== text || /^\s|\s$/u.test(text)) return `the ${what} has characters that cannot be seen`
  return /^[@!]|[",]/u.test(text)
    ? `the ${what} begins with @ or !, or has a comma or a quotation mark in it`
    : undefined
}

/** Why a text cannot be a name or a tag; nothing, if it can. */
export const labelRefused = (text: string, what: "name" | "tag", longest: number): Assistant.Refusal | undefined => {
  const problem = problemOf(text, what, longest)
  return problem === undefined ? undefined : refusal("value", problem, { field: what })
}

/** A refusal as it stands beside a field. */
export const problemFrom = ({ advice, code, field, message }: Assistant.Refusal): Assistant.Problem => ({
  message,
  ...(advice === undefined ? {} : { advice }),
  ...(field === undefined ? {} : { field }),
  ...(code === undefined ? {} : { code }),
})

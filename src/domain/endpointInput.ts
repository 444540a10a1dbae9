import type * as Arr from "effect/Array"
import * as Either from "effect/Either"
import { ConnectError } from "./ConnectError.ts"
import type { Endpoint, ListenEndpoint } from "./Endpoint.ts"
import { shapeProblem, shownInput } from "./endpointShape.ts"
import { parseEndpoint, parseListenEndpoint } from "./endpointSyntax.ts"
import { ListenError } from "./ListenError.ts"
import type { EndpointSyntaxError } from "./syntaxErrors.ts"

/** An endpoint, or its text as {@link parseEndpoint} reads it, such as "plc:502" or "unix:/run/plc.sock". */
export type EndpointInput = Endpoint | string

/** An endpoint to listen on, or its text as {@link parseListenEndpoint} reads it, such as "127.0.0.1:9000" or ":9000". */
export type ListenEndpointInput = ListenEndpoint | string

/** One or more endpoints to listen on, or their texts. */
export type ListenEndpointInputs = Arr.NonEmptyReadonlyArray<ListenEndpointInput>

const problemOf = ({ expected, problem }: EndpointSyntaxError): string => `${problem}; expected ${expected}`

/**
 * Reads an endpoint to connect to. Fails with the reason "InvalidEndpoint" for a text or value that is not an endpoint.
 *
 * @example
 * import { Either } from "effect"
 * import { readEndpoint, tcpEndpoint } from "tcpfx/domain"
 *
 * assert.deepEqual(readEndpoint("plc:502"), Either.right(tcpEndpoint("plc", 502)))
 * assert.equal(
 *   Either.getOrThrow(Either.flip(readEndpoint("plc:x"))).message,
 *   'cannot connect to "plc:x": the port "x" is not a number; expected host:port, :port, a port, a host, [ipv6]:port or unix:/path',
 * )
 */
export const readEndpoint = (input: EndpointInput): Either.Either<Endpoint, ConnectError> => {
  const invalid = (endpoint: string, problem: string) =>
    new ConnectError({ endpoint, reason: "InvalidEndpoint", code: "EINVAL", problem })
  if (typeof input === "string") {
    return Either.mapLeft(parseEndpoint(input), (error) => invalid(input, problemOf(error)))
  }
  const problem = shapeProblem(input)
  return problem === undefined ? Either.right(input) : Either.left(invalid(shownInput(input), problem))
}

/**
 * Reads an endpoint to listen on. Fails with the reason "InvalidEndpoint" for a text or value that is not an endpoint.
 *
 * @example
 * import { Either } from "effect"
 * import { readListenEndpoint, tcpEndpoint } from "tcpfx/domain"
 *
 * assert.deepEqual(readListenEndpoint(":9000"), Either.right(tcpEndpoint("127.0.0.1", 9000)))
 */
export const readListenEndpoint = (input: ListenEndpointInput): Either.Either<ListenEndpoint, ListenError> => {
  const invalid = (endpoint: string, problem: string) =>
    new ListenError({ endpoint, reason: "InvalidEndpoint", code: "EINVAL", problem })
  if (typeof input === "string") {
    return Either.mapLeft(parseListenEndpoint(input), (error) => invalid(input, problemOf(error)))
  }
  const problem = shapeProblem(input)
  return problem === undefined ? Either.right(input) : Either.left(invalid(shownInput(input), problem))
}

import * as Arr from "effect/Array"
import * as Either from "effect/Either"
import { formatEndpoint, type ListenEndpoint } from "./Endpoint.ts"
import { parseListenEndpoint } from "./endpointSyntax.ts"
import { EndpointSyntaxError } from "./syntaxErrors.ts"

/** One or more endpoints. */
export type ListenEndpoints = Arr.NonEmptyReadonlyArray<ListenEndpoint>

/** Converts a setting with one or several endpoints to a list. */
export const listenEndpoints = (listen: ListenEndpoint | ListenEndpoints): ListenEndpoints =>
  "_tag" in listen ? [listen] : listen

/** Whether a text contains a port, a path or a descriptor. At most its host can then come from the defaults. */
const isWhole = (text: string): boolean => /^(unix|fd):|^\[.*\]:|^[^:]*:[^:]*$/.test(text)

const vague = (input: string) =>
  /^[0-9]+$/.test(input)
    ? new EndpointSyntaxError({
        input,
        problem: "in a list, a bare number could be the port of another entry",
        expected: `:${input}, or host:port as one word`,
      })
    : new EndpointSyntaxError({
        input,
        problem: "in a list, each endpoint must name its port",
        expected: "host:port, [ipv6]:port, unix:/path or fd:N",
      })

/**
 * Reads endpoints, one per word. A single word may be a bare port or host. In a list, each endpoint must name its port,
 * so that the parser never reads "host port" as two endpoints.
 */
export const parseListenEndpointWords = (
  words: ReadonlyArray<string>,
  defaultHost?: string,
): Either.Either<ListenEndpoints, EndpointSyntaxError> => {
  if (!Arr.isNonEmptyReadonlyArray(words)) {
    return Either.left(
      new EndpointSyntaxError({
        input: "",
        problem: "it is empty",
        expected: "host:port, [ipv6]:port, unix:/path or fd:N",
      }),
    )
  }
  return Either.gen(function* () {
    const read = (word: string) =>
      Either.flatMap(parseListenEndpoint(word, defaultHost), (endpoint) =>
        words.length === 1 || isWhole(word) ? Either.right(endpoint) : Either.left(vague(word)),
      )
    const [first, ...more] = words
    const endpoints: ListenEndpoints = [yield* read(first), ...(yield* Either.all(more.map(read)))]
    return endpoints
  })
}

/**
 * Reads endpoints that are separated by commas or white space. In a path, a backslash escapes a comma, white space or a
 * backslash.
 *
 * @example
 * import { Either } from "effect"
 * import { parseListenEndpoints, tcpEndpoint, unixEndpoint } from "tcpfx/domain"
 *
 * assert.deepEqual(
 *   parseListenEndpoints("[::1]:9000, unix:/run/x.sock"),
 *   Either.right([tcpEndpoint("::1", 9000), unixEndpoint("/run/x.sock")]),
 * )
 */
export const parseListenEndpoints = (
  input: string,
  defaultHost?: string,
): Either.Either<ListenEndpoints, EndpointSyntaxError> =>
  parseListenEndpointWords(
    (input.match(/(?:\\.|[^\s,])+/gs) ?? []).map((word) => word.replace(/\\(.)/gs, "$1")),
    defaultHost,
  )

/** Formats endpoints so that {@link parseListenEndpoints} reads them back. */
export const formatListenEndpoints = (endpoints: ListenEndpoints): string =>
  endpoints.map((endpoint) => formatEndpoint(endpoint).replace(/[\s,\\]/g, "\\$&")).join(" ")

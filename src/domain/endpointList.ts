import * as Arr from "effect/Array"
import * as Either from "effect/Either"
import { formatEndpoint, type ListenEndpoint } from "./Endpoint.ts"
import { parseListenEndpoint } from "./endpointSyntax.ts"
import { EndpointSyntaxError } from "./syntaxErrors.ts"

/** One endpoint or more. */
export type ListenEndpoints = Arr.NonEmptyReadonlyArray<ListenEndpoint>

/** A setting that takes one endpoint or several, as several. */
export const listenEndpoints = (listen: ListenEndpoint | ListenEndpoints): ListenEndpoints =>
  "_tag" in listen ? [listen] : listen

/** Whether a text names a port, a path or a descriptor: nothing of it is left to a default but the host. */
const isWhole = (text: string): boolean => /^(unix|fd):|^\[.*\]:|^[^:]*:[^:]*$/.test(text)

const vague = (input: string) =>
  /^[0-9]+$/.test(input)
    ? new EndpointSyntaxError({
        input,
        problem: "a bare number among several could be the port of another one",
        expected: `:${input}, or host:port as one word`,
      })
    : new EndpointSyntaxError({
        input,
        problem: "among several each names its port, and this one has none",
        expected: "host:port, [ipv6]:port, unix:/path or fd:N",
      })

/**
 * Reads endpoints, each from a text of its own. One alone may be a bare port or host; of several, each must say its port,
 * so that "host port" is never taken for two.
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
 * Reads endpoints from one text, with commas or white space between them. In a path these two and the backslash are
 * written with a backslash before them.
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

/** Writes endpoints so that {@link parseListenEndpoints} reads the same ones back. */
export const formatListenEndpoints = (endpoints: ListenEndpoints): string =>
  endpoints.map((endpoint) => formatEndpoint(endpoint).replace(/[\s,\\]/g, "\\$&")).join(" ")

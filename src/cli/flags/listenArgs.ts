import * as Either from "effect/Either"
import * as Option from "effect/Option"
import {
  type AddressFamily,
  endpointDefaults,
  type ListenEndpoints,
  parseHostAndPort,
  parseListenEndpointWords,
} from "../../domain/index.ts"
import { type CommandFailed, usageError } from "../process/exit.ts"
import { type EndpointArgs, endpointFrom, namesPort } from "./endpointArgs.ts"

/** The host of an endpoint without a host: the loopback address of the family. */
export const defaultHostOf = (family: AddressFamily): string => (family === "ipv6" ? "::1" : endpointDefaults.host)

/**
 * The endpoints on the command line of a server, if any. If there are two arguments, the second is a number and the
 * first has no port, the two are host and port. Otherwise each argument is an endpoint. If there are several endpoints,
 * each must include its port, so that no command line has two meanings.
 */
export const listenEndpointsFrom = (
  given: EndpointArgs,
  defaultHost: string,
): Either.Either<Option.Option<ListenEndpoints>, CommandFailed> => {
  const { args, port, unix } = given
  const [first, second] = args
  if (Option.isSome(port) || Option.isSome(unix)) {
    return Either.map(
      endpointFrom(given, defaultHost),
      Option.map((endpoint): ListenEndpoints => [endpoint]),
    )
  }
  if (first === undefined) return Either.right(Option.none())
  const isPair = args.length === 2 && second !== undefined && /^[0-9]+$/.test(second) && !namesPort(first)
  const parsed: Either.Either<ListenEndpoints, { readonly message: string }> = isPair
    ? Either.map(parseHostAndPort(first, second), (endpoint): ListenEndpoints => [endpoint])
    : parseListenEndpointWords(args, defaultHost)
  return Either.mapBoth(parsed, { onLeft: (error) => usageError(error.message), onRight: Option.some })
}

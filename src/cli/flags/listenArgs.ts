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

/** The host of an endpoint that names none: loopback, of the family that is asked for. */
export const defaultHostOf = (family: AddressFamily): string => (family === "ipv6" ? "::1" : endpointDefaults.host)

/**
 * The endpoints that the command line of a server names, if it names any. Two arguments of which the second is a bare
 * number are host and port where the first names no port; every other argument is an endpoint of its own, and of several
 * each must be written with its port, so that nothing can be read in two ways.
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

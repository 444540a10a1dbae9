import * as Either from "effect/Either"
import * as Option from "effect/Option"
import { type Endpoint, endpointDefaults, isNumberPath, parseEndpoint, parseHostAndPort } from "../../domain/index.ts"
import { type CommandFailed, usageError } from "../process/exit.ts"

/** The parts of a command line that can name an endpoint: the arguments, `-p` and `-U`. */
export interface EndpointArgs {
  readonly args: ReadonlyArray<string>
  readonly port: Option.Option<string>
  readonly unix: Option.Option<string>
}

/** Whether a command line names an endpoint. */
export const isEndpointGiven = ({ args, port, unix }: EndpointArgs): boolean =>
  args.length > 0 || Option.isSome(port) || Option.isSome(unix)

/** The endpoint of a command line, if any. `defaultHost` is the host of an endpoint without a host. */
export const endpointFrom = (
  { args, port, unix }: EndpointArgs,
  defaultHost: string = endpointDefaults.host,
): Either.Either<Option.Option<Endpoint>, CommandFailed> => {
  const [first, second, ...more] = args
  if (more.length > 0) return fail(`too many arguments: ${more.map((arg) => JSON.stringify(arg)).join(" ")}`)
  if (Option.isSome(unix)) {
    if (first !== undefined || Option.isSome(port)) return fail("give either -U or a host and port, not both")
    return some(parseEndpoint(formatUnix(unix.value)))
  }
  if (first !== undefined && /^(unix|fd):/.test(first) && (second !== undefined || Option.isSome(port))) {
    return fail(`give either ${JSON.stringify(first)} or a host and port, not both`)
  }
  if (first !== undefined && second !== undefined) {
    if (Option.isSome(port)) return fail(`the port is given twice: ${second} and -p ${port.value}`)
    if (namesPort(first))
      return fail(`the port is given twice: in ${JSON.stringify(first)} and as ${JSON.stringify(second)}`)
    return some(parseHostAndPort(first, second))
  }
  if (Option.isSome(port)) {
    if (first === undefined) return some(parseHostAndPort(defaultHost, port.value))
    if (namesPort(first)) return fail(`the port is given twice: in ${JSON.stringify(first)} and by -p ${port.value}`)
    return some(parseHostAndPort(first, port.value))
  }
  return first === undefined ? Either.right(Option.none()) : some(parseEndpoint(first, defaultHost))
}

/** Whether a text includes a port, or is a path or descriptor, which has no port. */
export const namesPort = (text: string): boolean => /^[0-9]+$|^(unix|fd):|^\[.*\]:|^[^:]*:[^:]*$/.test(text)

// `-U 80` can only mean a path, but `parseEndpoint` refuses `unix:80` as ambiguous.
const formatUnix = (path: string): string => `unix:${isNumberPath(path) ? "./" : ""}${path}`

const fail = (message: string) => Either.left(usageError(message))

const some = (
  parsed: Either.Either<Endpoint, { readonly message: string }>,
): Either.Either<Option.Option<Endpoint>, CommandFailed> =>
  Either.mapBoth(parsed, { onLeft: (error) => usageError(error.message), onRight: Option.some })

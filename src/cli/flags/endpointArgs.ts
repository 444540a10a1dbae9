import * as Either from "effect/Either"
import * as Option from "effect/Option"
import { type Endpoint, endpointDefaults, isNumberPath, parseEndpoint, parseHostAndPort } from "../../domain/index.ts"
import { type CommandFailed, usageError } from "../process/exit.ts"

/** Where an endpoint can be given: as arguments, by `-p` and by `-U`. */
export interface EndpointArgs {
  readonly args: ReadonlyArray<string>
  readonly port: Option.Option<string>
  readonly unix: Option.Option<string>
}

/** Whether a command line names an endpoint. */
export const isEndpointGiven = ({ args, port, unix }: EndpointArgs): boolean =>
  args.length > 0 || Option.isSome(port) || Option.isSome(unix)

/** The endpoint that a command line names, if it names one. `defaultHost` stands for a host that is not named. */
export const endpointFrom = (
  { args, port, unix }: EndpointArgs,
  defaultHost: string = endpointDefaults.host,
): Either.Either<Option.Option<Endpoint>, CommandFailed> => {
  const [first, second, ...more] = args
  if (more.length > 0) return fail(`too many arguments: ${more.map((arg) => JSON.stringify(arg)).join(" ")}`)
  if (Option.isSome(unix)) {
    if (first !== undefined || Option.isSome(port)) return fail("-U takes the place of host and port, give one of them")
    return some(parseEndpoint(formatUnix(unix.value)))
  }
  if (first !== undefined && /^(unix|fd):/.test(first) && (second !== undefined || Option.isSome(port))) {
    return fail(`${JSON.stringify(first)} takes the place of host and port, give one of them`)
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

/** Whether a text has a port in it, or a path or descriptor in the place of host and port. */
export const namesPort = (text: string): boolean => /^[0-9]+$|^(unix|fd):|^\[.*\]:|^[^:]*:[^:]*$/.test(text)

// `-U 80` can only mean a path, other than `unix:80`.
const formatUnix = (path: string): string => `unix:${isNumberPath(path) ? "./" : ""}${path}`

const fail = (message: string) => Either.left(usageError(message))

const some = (
  parsed: Either.Either<Endpoint, { readonly message: string }>,
): Either.Either<Option.Option<Endpoint>, CommandFailed> =>
  Either.mapBoth(parsed, { onLeft: (error) => usageError(error.message), onRight: Option.some })

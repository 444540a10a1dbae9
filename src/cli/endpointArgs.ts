import * as Either from "effect/Either"
import * as Option from "effect/Option"
import { type Endpoint, endpointDefaults, parseEndpoint, parseHostAndPort } from "../domain/index.ts"
import { type CommandFailed, usageError } from "./exit.ts"

/** Where an endpoint can be given: as arguments, by `-p` and by `-U`. */
export interface EndpointArgs {
  readonly args: ReadonlyArray<string>
  readonly port: Option.Option<string>
  readonly unix: Option.Option<string>
}

/** The endpoint that a command line names, if it names one. */
export const endpointFrom = ({
  args,
  port,
  unix,
}: EndpointArgs): Either.Either<Option.Option<Endpoint>, CommandFailed> => {
  const [first, second, ...more] = args
  if (more.length > 0) return fail(`too many arguments: ${more.map((arg) => JSON.stringify(arg)).join(" ")}`)
  if (Option.isSome(unix)) {
    if (first !== undefined || Option.isSome(port)) return fail("-U takes the place of host and port, give one of them")
    return some(parseEndpoint(formatUnix(unix.value)))
  }
  if (first?.startsWith("unix:") && (second !== undefined || Option.isSome(port))) {
    return fail(`${JSON.stringify(first)} takes the place of host and port, give one of them`)
  }
  if (first !== undefined && second !== undefined) {
    if (Option.isSome(port)) return fail(`the port is given twice: ${second} and -p ${port.value}`)
    if (hasPort(first))
      return fail(`the port is given twice: in ${JSON.stringify(first)} and as ${JSON.stringify(second)}`)
    return some(parseHostAndPort(first, second))
  }
  if (Option.isSome(port)) {
    if (first === undefined) return some(parseHostAndPort(endpointDefaults.host, port.value))
    if (hasPort(first)) return fail(`the port is given twice: in ${JSON.stringify(first)} and by -p ${port.value}`)
    return some(parseHostAndPort(first, port.value))
  }
  return first === undefined ? Either.right(Option.none()) : some(parseEndpoint(first))
}

const hasPort = (text: string): boolean => /^[0-9]+$|^\[.*\]:|^[^:]*:[^:]*$/.test(text)

const formatUnix = (path: string): string => `unix:${path}`

const fail = (message: string) => Either.left(usageError(message))

const some = (
  parsed: Either.Either<Endpoint, { readonly message: string }>,
): Either.Either<Option.Option<Endpoint>, CommandFailed> =>
  Either.mapBoth(parsed, { onLeft: (error) => usageError(error.message), onRight: Option.some })

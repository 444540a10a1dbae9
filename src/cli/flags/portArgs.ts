import * as Either from "effect/Either"
import * as Option from "effect/Option"
import { type Endpoint, formatEndpoint, parseEndpoint, parseHostAndPort } from "../../domain/index.ts"
import { type CommandFailed, usageError } from "../process/exit.ts"
import { type EndpointArgs, endpointFrom, namesPort } from "./endpointArgs.ts"

type Found<A> = Either.Either<A, CommandFailed>

const fail = (message: string) => Either.left(usageError(message))

const highestPort = 65_535

const isPorts = (word: string): boolean => /^[0-9][0-9,-]*$/.test(word)

const hostAndPorts = /^(\[.*\]|[^:]*):([0-9][0-9,-]*)$/

const hasPorts = (word: string): boolean => isPorts(word) || namesPort(word) || hostAndPorts.test(word)

/** Reads ports and ranges of ports, with commas between them: `20-25,80`. */
const portsIn = (text: string): Found<ReadonlyArray<number>> =>
  Either.map(Either.all(text.split(",").map((part) => rangeIn(text, part))), (ranges) => ranges.flat())

const rangeIn = (text: string, part: string): Found<ReadonlyArray<number>> => {
  const [, first = "", last = first] = /^([0-9]+)(?:-([0-9]+))?$/.exec(part) ?? []
  const expected = "expected ports and ranges, such as 20-25,80"
  if (first === "") return fail(`${JSON.stringify(text)} is not a list of ports; ${expected}`)
  const [from, to] = [Number(first), Number(last)]
  if (from < 1 || to > highestPort) return fail(`${JSON.stringify(part)}: a port is from 1 to ${highestPort}`)
  if (from > to) return fail(`the range ${part} is the wrong way round; write ${last}-${first}`)
  return Either.right(Array.from({ length: to - from + 1 }, (_, index) => from + index))
}

const endpointsOf = (host: string, ports: string): Found<ReadonlyArray<Endpoint>> =>
  Either.flatMap(portsIn(ports), (numbers) =>
    Either.mapLeft(Either.all(numbers.map((port) => parseHostAndPort(host, `${port}`))), ({ message }) =>
      usageError(message),
    ),
  )

/** The endpoints in a word that includes its ports, such as `host:20-25`, `[::1]:80` or `unix:/run/x.sock`. */
const endpointsIn = (word: string, defaultHost: string): Found<ReadonlyArray<Endpoint>> => {
  if (isPorts(word)) return endpointsOf(defaultHost, word)
  const [, host = "", ports = ""] = hostAndPorts.exec(word) ?? []
  if (ports !== "") return endpointsOf(host === "" ? defaultHost : host, ports)
  return Either.mapBoth(parseEndpoint(word, defaultHost), {
    onLeft: ({ message }) => usageError(message),
    onRight: (endpoint) => [endpoint],
  })
}

/**
 * The endpoints that `-z` checks. After a host without a port, all other words are ports: `host 20-25,80`. Otherwise each
 * word is an endpoint with its ports: `db:5432 [::1]:80-81 unix:/run/x.sock`. Each endpoint counts once.
 */
export const checkedEndpoints = (given: EndpointArgs, defaultHost: string): Found<ReadonlyArray<Endpoint>> => {
  const { args, port, unix } = given
  const [first = defaultHost, ...others] = args
  const found = (): Found<ReadonlyArray<Endpoint>> => {
    if (Option.isSome(port) && Option.isNone(unix) && others.length === 0 && !namesPort(first)) {
      return endpointsOf(first, port.value)
    }
    if (Option.isSome(port) || Option.isSome(unix) || args.length === 0) {
      return Either.map(endpointFrom(given, defaultHost), Option.toArray)
    }
    if (others.length === 0 || hasPorts(first)) {
      const strange = args.find((word) => !hasPorts(word))
      if (others.length > 0 && strange !== undefined) return fail(`${JSON.stringify(strange)} has no port`)
      return Either.map(Either.all(args.map((word) => endpointsIn(word, defaultHost))), (lists) => lists.flat())
    }
    return Either.map(Either.all(others.map((ports) => endpointsOf(first, ports))), (lists) => lists.flat())
  }
  return Either.map(found(), (endpoints) => [
    ...new Map(endpoints.map((endpoint) => [formatEndpoint(endpoint), endpoint])).values(),
  ])
}

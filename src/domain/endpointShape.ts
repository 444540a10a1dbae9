import {
  type FdEndpoint,
  formatEndpoint,
  type ListenEndpoint,
  type TcpEndpoint,
  type UnixEndpoint,
} from "./Endpoint.ts"

/**
 * What keeps a value from being an endpoint. `process.env.HOST` can be absent, and a program can have no types. Node listens
 * on all interfaces if a listener has no host.
 */
export const shapeProblem = (
  input: Partial<TcpEndpoint | UnixEndpoint | FdEndpoint> | null | undefined,
): string | undefined => {
  switch (input?._tag) {
    case "Tcp":
      return typeof input.host === "string" ? undefined : `the host is ${input.host}; give an IP address or a name`
    case "Unix":
      return typeof input.path === "string" ? undefined : `the path is ${input.path}`
    case "Fd":
      return undefined
    default:
      return 'it is not an endpoint; expected a text such as "127.0.0.1:9000", or a result of tcpEndpoint or unixEndpoint'
  }
}

/** Shows a value that is not an endpoint. */
export const shownInput = (input: unknown): string => JSON.stringify(input) ?? String(input)

/** The text of an endpoint, also of a value that is not an endpoint. */
export const endpointInputText = (input: ListenEndpoint | string): string => {
  if (typeof input === "string") return input
  return shapeProblem(input) === undefined ? formatEndpoint(input) : shownInput(input)
}

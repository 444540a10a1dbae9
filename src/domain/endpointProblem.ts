import { isAbstract, type ListenEndpoint, maxUnixPathBytes } from "./Endpoint.ts"

const isWholeUpTo = (value: number, most: number): boolean => Number.isInteger(value) && value >= 0 && value <= most

/**
 * What is wrong with an endpoint that a program has made, in words; `undefined`: nothing. The system cuts a path at its zero
 * byte or at its limit, and then another file is meant, so these are refused before the system sees them.
 */
export const endpointProblem = (endpoint: ListenEndpoint): string | undefined => {
  switch (endpoint._tag) {
    case "Tcp":
      if (endpoint.host === "") return "the host is empty; give an IP address or a name"
      return isWholeUpTo(endpoint.port, 65_535)
        ? undefined
        : `the port ${endpoint.port} is no whole number from 0 to 65535`
    case "Unix":
      return pathProblem(endpoint.path, isAbstract(endpoint))
    case "Fd":
      return isWholeUpTo(endpoint.fd, 2 ** 31 - 1) ? undefined : `${endpoint.fd} is no descriptor`
  }
}

const pathProblem = (path: string, isName: boolean): string | undefined => {
  if (path === "" || path === "@") return isName ? 'the name behind the "@" is empty' : "the path is empty"
  if (path.includes("\0")) return "the path contains a zero byte"
  // The zero byte that an abstract name begins with, written "@", takes the place of the one that ends a path.
  const bytes = new TextEncoder().encode(path).length - (isName ? 1 : 0)
  return bytes > maxUnixPathBytes ? `the path has ${bytes} bytes, ${maxUnixPathBytes} is the most` : undefined
}

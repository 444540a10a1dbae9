import { isAbstract, type ListenEndpoint, maxUnixPathBytes } from "./Endpoint.ts"

const isWholeUpTo = (value: number, most: number): boolean => Number.isInteger(value) && value >= 0 && value <= most

/**
 * Describes what is wrong with an endpoint, or returns `undefined` if it is valid. The kernel would truncate a path at
 * a zero byte or at its maximum length and use another file, so this function reports such a path.
 */
export const endpointProblem = (endpoint: ListenEndpoint): string | undefined => {
  switch (endpoint._tag) {
    case "Tcp":
      if (endpoint.host === "") return "the host is empty; give an IP address or a name"
      return isWholeUpTo(endpoint.port, 65_535)
        ? undefined
        : `the port ${endpoint.port} is not a whole number from 0 to 65535`
    case "Unix":
      return pathProblem(endpoint.path, isAbstract(endpoint))
    case "Fd":
      return isWholeUpTo(endpoint.fd, 2 ** 31 - 1) ? undefined : `${endpoint.fd} is not a descriptor`
  }
}

const pathProblem = (path: string, isName: boolean): string | undefined => {
  if (path === "" || path === "@") return isName ? 'the name after the "@" is empty' : "the path is empty"
  if (path.includes("\0")) return "the path contains a zero byte"
  // An abstract name begins with a zero byte (written "@") and needs no zero byte at its end, so the "@" does not
  // count.
  const bytes = new TextEncoder().encode(path).length - (isName ? 1 : 0)
  return bytes > maxUnixPathBytes ? `the path has ${bytes} bytes; the maximum is ${maxUnixPathBytes}` : undefined
}

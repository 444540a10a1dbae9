import { type Endpoint, formatEndpoint } from "../../domain/index.ts"

/**
 * The variables that describe a connection to its program, with the names of ncat and with our own: `NCAT_REMOTE_ADDR`
 * and `TCPFX_REMOTE_ADDR` are the address of the peer. For a unix socket, the address is the path of the socket, and
 * the port is empty. `TCPFX_CONNECTION` is the number of the connection; a client has none.
 */
export const programEnvironment = (
  remote: Endpoint,
  local: Endpoint,
  connection: number | undefined,
): Readonly<Record<string, string>> => {
  const ends = { ...endOf("REMOTE", remote), ...endOf("LOCAL", local), PROTO: "TCP" }
  return {
    ...Object.fromEntries(
      Object.entries(ends).flatMap(([name, text]) => [
        [`NCAT_${name}`, text],
        [`TCPFX_${name}`, text],
      ]),
    ),
    ...(connection === undefined ? {} : { TCPFX_CONNECTION: String(connection) }),
  }
}

const endOf = (side: string, endpoint: Endpoint) =>
  endpoint._tag === "Tcp"
    ? { [`${side}_ADDR`]: endpoint.host, [`${side}_PORT`]: String(endpoint.port) }
    : { [`${side}_ADDR`]: formatEndpoint(endpoint).replace(/^unix:/, ""), [`${side}_PORT`]: "" }

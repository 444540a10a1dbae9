import * as Either from "effect/Either"
import { EndpointSyntaxError, parseEndpoint, type UnixEndpoint, unixEndpoint } from "../../domain/index.ts"
import { automaticSocket, runtimeFolder } from "../control/runtimeFolder.ts"
import { namesPort } from "./endpointArgs.ts"

/**
 * Parses the path of the control socket, with or without `unix:` before it. Refuses a text that looks like a host and
 * port, a port or a descriptor, because its user means a TCP port. A relative path of that form needs `./` before it.
 */
export const parseControlPath = (text: string): Either.Either<UnixEndpoint, EndpointSyntaxError> =>
  !text.startsWith("unix:") && !text.includes("/") && namesPort(text)
    ? Either.left(
        new EndpointSyntaxError({
          input: text,
          problem: "the control socket is a unix socket, not a port",
          expected: `a path, such as /run/tcpfx.control (./${text} for a file with that name)`,
        }),
      )
    : Either.filterOrLeft(
        parseEndpoint(text.startsWith("unix:") ? text : `unix:${text}`),
        (endpoint) => endpoint._tag === "Unix",
        () => new EndpointSyntaxError({ input: text, problem: "it is not a unix socket", expected: "a path" }),
      )

/** The value of `--control` that makes a socket which `tcpfx ctl` and `tcpfx top` find without its path. */
export const automaticPath = "auto"

/** Parses the control socket of a server: a path, or `auto`. */
export const parseServerControl = (text: string): Either.Either<UnixEndpoint, EndpointSyntaxError> =>
  text === automaticPath
    ? Either.right(unixEndpoint(automaticSocket(runtimeFolder(process.env), process.pid)))
    : parseControlPath(text)

import * as Either from "effect/Either"
import { EndpointSyntaxError, parseEndpoint, type UnixEndpoint } from "../../domain/index.ts"
import { namesPort } from "./endpointArgs.ts"

/**
 * Reads where commands are taken: a path, with or without `unix:` before it. A text that reads as a host and a port, a
 * port or a descriptor is refused, as the user means a TCP port: a relative path of that form is written with `./`.
 */
export const parseControlPath = (text: string): Either.Either<UnixEndpoint, EndpointSyntaxError> =>
  !text.startsWith("unix:") && !text.includes("/") && namesPort(text)
    ? Either.left(
        new EndpointSyntaxError({
          input: text,
          problem: "commands are taken on a unix socket, not on a port",
          expected: `a path, such as /run/tcpfx.control (./${text} for a file of that name)`,
        }),
      )
    : Either.filterOrLeft(
        parseEndpoint(text.startsWith("unix:") ? text : `unix:${text}`),
        (endpoint) => endpoint._tag === "Unix",
        () => new EndpointSyntaxError({ input: text, problem: "it is no unix socket", expected: "a path" }),
      )

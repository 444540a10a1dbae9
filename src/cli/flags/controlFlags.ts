import * as Either from "effect/Either"
import type { EndpointSyntaxError, UnixEndpoint } from "../../domain/index.ts"
import { automaticPath, parseControlPath } from "./controlPath.ts"
import { value } from "./flag.ts"

/** Parses the control socket of a running server. `undefined`: the command looks for the server. */
const parseTarget = (text: string): Either.Either<UnixEndpoint | undefined, EndpointSyntaxError> =>
  text === automaticPath ? Either.right(undefined) : parseControlPath(text)

/** The flag that names a running server. */
export const controlFlags = {
  control: value("control", "PATH|auto", parseTarget, {
    help: "The control socket of the server (default: that of serve --control in files and variables, or auto).",
  }),
}

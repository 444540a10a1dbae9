import * as Either from "effect/Either"
import type * as Option from "effect/Option"
import { parsePort, ValueSyntaxError } from "../../domain/index.ts"
import { anyText, toggle, value } from "./flag.ts"

const parseHost = (input: string): Either.Either<string, ValueSyntaxError> =>
  /^\[[0-9a-f:.%]+\]$/i.test(input)
    ? Either.right(input.slice(1, -1))
    : /^[\p{L}\p{N}._:%-]+$/u.test(input) && !/^[^:]*:\d*$/.test(input)
      ? Either.right(input)
      : Either.left(
          new ValueSyntaxError({
            input,
            kind: "a host",
            problem: "it is not an address or name without a port",
            expected: "an address of this machine, such as 192.168.1.5 (the port is --ui-port)",
          }),
        )

/** The flags of the page's address and access: for `ui`, and for `serve` and `connect` with `--ui`. */
export const pageFlags = {
  uiPort: value("ui-port", "PORT", parsePort(0), { help: "Port of the page (default: a free port)." }),
  uiHost: value("ui-host", "HOST", parseHost, {
    help: "Address of the page (default 127.0.0.1). An address other than loopback needs a password file or TLS.",
  }),
  uiPasswordFile: value("ui-password-file", "PATH", anyText, {
    help: "A file with a password (at least 8 characters, mode 600). A browser without the token must give it.",
  }),
  uiTlsCert: value("ui-tls-cert", "PATH", anyText, { help: "Certificate chain of the page (PEM)." }),
  uiTlsKey: value("ui-tls-key", "PATH", anyText, {
    help: "Key of the certificate (PEM, without a passphrase). Default: the file of the certificate.",
  }),
  noOpen: toggle("no-open", { help: "Do not open a browser." }),
  project: value("project", "PATH", anyText, {
    help: "The file with rules, repeats, macros and defaults of flags (default: tcpfx.yaml in this folder).",
  }),
}

/** The flags of the page for `serve` and `connect`. */
export const attachFlags = {
  ui: toggle("ui", {
    help: "Serve the page too. The page shows this command as a window.",
  }),
  ...pageFlags,
}

/** The flags in {@link attachFlags} that have an effect only with `--ui`. */
export const besideUi = [
  "uiPort",
  "uiHost",
  "uiPasswordFile",
  "uiTlsCert",
  "uiTlsKey",
  "noOpen",
] as const satisfies ReadonlyArray<keyof typeof pageFlags>

/** The error message of a flag of {@link besideUi} without `--ui`. */
export const besideUiProblem = "needs --ui, which serves the page"

/** The values of {@link pageFlags}. */
export interface PageFlagValues {
  readonly uiPort: Option.Option<number>
  readonly uiHost: Option.Option<string>
  readonly uiPasswordFile: Option.Option<string>
  readonly uiTlsCert: Option.Option<string>
  readonly uiTlsKey: Option.Option<string>
  readonly noOpen: boolean
  readonly project: Option.Option<string>
}

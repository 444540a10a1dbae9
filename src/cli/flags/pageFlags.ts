import * as Either from "effect/Either"
import type * as Option from "effect/Option"
import { ValueSyntaxError } from "../../domain/index.ts"
import { anyText, toggle, value } from "./flag.ts"

const parsePort = (input: string): Either.Either<number, ValueSyntaxError> =>
  /^\d{1,5}$/.test(input) && Number(input) <= 65535
    ? Either.right(Number(input))
    : Either.left(
        new ValueSyntaxError({ input, kind: "a port", problem: "it is no number from 0 to 65535", expected: "8080" }),
      )

const parseHost = (input: string): Either.Either<string, ValueSyntaxError> =>
  /^\[[0-9a-f:.%]+\]$/i.test(input)
    ? Either.right(input.slice(1, -1))
    : /^[\p{L}\p{N}._:%-]+$/u.test(input) && !/^[^:]*:\d*$/.test(input)
      ? Either.right(input)
      : Either.left(
          new ValueSyntaxError({
            input,
            kind: "a host",
            problem: "it is no address or name without a port",
            expected: "an address of this machine, such as 192.168.1.5 (the port is --ui-port)",
          }),
        )

/** Where the page is served, and who may have it: `ui`, and `serve` and `connect` with `--ui`. */
export const pageFlags = {
  uiPort: value("ui-port", "PORT", parsePort, { help: "Port of the page (default: a free one)." }),
  uiHost: value("ui-host", "HOST", parseHost, {
    help: "Address that the page is served on (default 127.0.0.1). Another than loopback needs a password file or TLS.",
  }),
  uiPasswordFile: value("ui-password-file", "PATH", anyText, {
    help: "A file with a password (8 characters and more, mode 600): a browser without the token is asked for it.",
  }),
  uiTlsCert: value("ui-tls-cert", "PATH", anyText, { help: "Certificate of the page, and the chain to its CA (PEM)." }),
  uiTlsKey: value("ui-tls-key", "PATH", anyText, { help: "Its key (PEM). Default: it stands in the same file." }),
  noOpen: toggle("no-open", { help: "Open no browser." }),
  project: value("project", "PATH", anyText, {
    help: "The file with rules, repeats and macros (default: tcpfx.yaml in this folder).",
  }),
}

/** The flags of the page beside a command that has a purpose of its own. */
export const attachFlags = {
  ui: toggle("ui", {
    help: "Serve the page too, with this command as a window; the page and the terminal show the same.",
  }),
  ...pageFlags,
}

/** The flags among {@link attachFlags} that have an effect only beside `--ui`. */
export const besideUi = [
  "uiPort",
  "uiHost",
  "uiPasswordFile",
  "uiTlsCert",
  "uiTlsKey",
  "noOpen",
  "project",
] as const satisfies ReadonlyArray<keyof typeof pageFlags>

/** What is wrong with one of {@link besideUi} without `--ui`. */
export const besideUiProblem = "needs --ui, which serves the page"

/** What {@link pageFlags} gave. */
export interface PageFlagValues {
  readonly uiPort: Option.Option<number>
  readonly uiHost: Option.Option<string>
  readonly uiPasswordFile: Option.Option<string>
  readonly uiTlsCert: Option.Option<string>
  readonly uiTlsKey: Option.Option<string>
  readonly noOpen: boolean
  readonly project: Option.Option<string>
}

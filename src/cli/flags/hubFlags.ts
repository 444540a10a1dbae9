import * as Either from "effect/Either"
import { ValueSyntaxError } from "../../domain/index.ts"
import { userInfoOf, withoutUserInfo } from "../../domain/userInfo.ts"
import { anyText, value } from "./flag.ts"

const refuse = (input: string, kind: string, problem: string, expected: string) =>
  Either.left(new ValueSyntaxError({ input, kind, problem, expected }))

const isServer = (server: string): boolean => {
  if (!/^(nats|tls):\/\//.test(server) || !URL.canParse(server)) return false
  const url = new URL(server)
  return /^\/?$/.test(url.pathname) && url.hostname !== "" && userInfoOf(url) !== undefined
}

/** Parses the servers of a hub: addresses with commas between them. */
export const parseHub = (input: string): Either.Either<ReadonlyArray<string>, ValueSyntaxError> => {
  const servers = input.split(",").map((server) => server.trim())
  return servers.every(isServer)
    ? Either.right(servers)
    : refuse(
        withoutUserInfo(input),
        "a NATS server",
        "it is not an address of NATS",
        "nats://HOST:PORT or tls://HOST:PORT, several with commas between them",
      )
}

const parseNode = (input: string): Either.Either<string, ValueSyntaxError> =>
  /^[A-Za-z0-9_-]{1,64}$/.test(input)
    ? Either.right(input)
    : refuse(
        input,
        "the name of a node",
        "it has other characters, or too many",
        '1 to 64 letters, digits, "-" and "_"',
      )

// The bound of `hub` of `NatsHub.make`. An empty value of a flag is refused before it is parsed.
const mostNameBytes = 64

const parseHubName = (input: string): Either.Either<string, ValueSyntaxError> =>
  Buffer.byteLength(input) <= mostNameBytes
    ? Either.right(input)
    : refuse(
        input,
        "the name of a hub",
        `it has more than ${mostNameBytes} bytes`,
        `a name of 1 to ${mostNameBytes} bytes, such as plant`,
      )

/** The flags of a hub that several servers share. */
export const hubFlags = {
  hub: value("hub", "URL", parseHub, {
    help: "Share frames with other servers through NATS: nats://HOST:4222 or tls://HOST:4222. Give a password in TCPFX_SERVE_HUB, because other users see the command line.",
  }),
  hubName: value("hub-name", "NAME", parseHubName, {
    help: "The name of the hub. Servers with the same name and framing share it (default main).",
  }),
  hubNode: value("hub-node", "NAME", parseNode, {
    help: "The name of this server in the hub (default: a random name).",
  }),
  hubCreds: value("hub-creds", "PATH", anyText, { help: "The credentials file for NATS." }),
  hubNkey: value("hub-nkey", "PATH", anyText, { help: "The file with the nkey seed for NATS." }),
  hubCa: value("hub-ca", "PATH", anyText, {
    help: "The CA certificates that the certificate of NATS must chain to (PEM).",
  }),
  hubCert: value("hub-cert", "PATH", anyText, {
    help: "The certificate of this server for NATS, with its key in the same file (PEM).",
  }),
}

import type * as Command from "@effect/cli/Command"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { ClientConfig } from "../../client/index.ts"
import {
  type ProxyVersion,
  parseCount,
  parseKeepalive,
  parseProxyServer,
  readIpBytes,
  ValueSyntaxError,
} from "../../domain/index.ts"
import { variable } from "../../runtime/variable.ts"
import { value } from "./flag.ts"
import { given } from "./given.ts"

const parseSource = (input: string): Either.Either<string, ValueSyntaxError> =>
  readIpBytes(input) === undefined
    ? Either.left(
        new ValueSyntaxError({
          input,
          kind: "a source address",
          problem: "it is no IP address",
          expected: "an address of this machine (tcpfx interfaces lists them)",
        }),
      )
    : Either.right(input)

const parsePort = (input: string): Either.Either<number, ValueSyntaxError> =>
  Either.filterOrLeft(
    parseCount(input),
    (port) => port <= 65_535,
    () => new ValueSyntaxError({ input, kind: "a port", problem: "it is out of range", expected: "1 to 65535" }),
  )

const parseVersion = (input: string): Either.Either<ProxyVersion, ValueSyntaxError> =>
  input === "v1" || input === "v2"
    ? Either.right<ProxyVersion>(input === "v1" ? 1 : 2)
    : Either.left(
        new ValueSyntaxError({
          input,
          kind: "a version of the PROXY protocol",
          problem: "it is unknown",
          expected: "v1 or v2",
        }),
      )

/** The flags that say which way a connection takes, and how it is watched. */
export const routeFlags = {
  proxy: value("proxy", "URL", parseProxyServer, {
    help: "Connect by way of a proxy: socks5://user:password@host:port or http://… (CONNECT). It looks the name up.",
  }),
  sendProxy: value("send-proxy", "v1|v2", parseVersion, {
    help: "Begin with a header of the PROXY protocol that names this client, as a load balancer does.",
  }),
  source: value("source", "ADDRESS", parseSource, { alias: "s", help: "The address of this machine to connect from." }),
  sourcePort: value("source-port", "PORT", parsePort, { help: "The port to connect from." }),
  keepalive: value("keepalive", "TIME", parseKeepalive, {
    help: "TCP keepalive: silence after which the system asks whether the server's is still there (default: never).",
  }),
}

/** What the flags gave. */
export type RouteOptions = Command.Command.ParseConfig<{
  readonly [K in keyof typeof routeFlags]: (typeof routeFlags)[K]["options"]
}>

/** The way among the settings of a client: each from its flag, or else from the environment. */
export const routeSettings = (options: RouteOptions) =>
  Effect.all({
    proxy: given(options.proxy, variable("PROXY", parseProxyServer, undefined)),
    sendProxy: given(options.sendProxy, variable("SEND_PROXY", parseVersion, undefined)),
    source: given(options.source, variable("SOURCE", parseSource, undefined)),
    sourcePort: given(options.sourcePort, variable("SOURCE_PORT", parsePort, undefined)),
    keepalive: given(options.keepalive, variable("KEEPALIVE", parseKeepalive, ClientConfig.defaults.keepalive)),
  })

import type * as Command from "@effect/cli/Command"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { ClientConfig } from "../../client/index.ts"
import {
  type ProxyVersion,
  parseKeepalive,
  parseProxyServer,
  readIpBytes,
  ValueSyntaxError,
} from "../../domain/index.ts"
import { variable } from "../../runtime/variable.ts"
import { value } from "./flag.ts"
import { given } from "./given.ts"
import { parsePort } from "./parsePort.ts"

const parseSource = (input: string): Either.Either<string, ValueSyntaxError> =>
  readIpBytes(input) === undefined
    ? Either.left(
        new ValueSyntaxError({
          input,
          kind: "a source address",
          problem: "it is not an IP address",
          expected: "an address of this machine (tcpfx interfaces lists them)",
        }),
      )
    : Either.right(input)

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

/** The flags of a connection's route: proxy, PROXY protocol, source address, keepalive. */
export const routeFlags = {
  proxy: value("proxy", "URL", parseProxyServer, {
    help: "Connect through a proxy, which also looks the name up: socks5://user:password@host:port or http://… (CONNECT).",
  }),
  sendProxy: value("send-proxy", "v1|v2", parseVersion, {
    help: "Send a header of the PROXY protocol with this client's address first, as a load balancer does.",
  }),
  source: value("source", "ADDRESS", parseSource, { alias: "s", help: "The local address to connect from." }),
  sourcePort: value("source-port", "PORT", parsePort(1), { help: "The local port to connect from." }),
  keepalive: value("keepalive", "TIME", parseKeepalive, {
    help: "TCP keepalive: after TIME of silence the kernel probes the system of the server (default: never).",
  }),
}

/** The values of {@link routeFlags}. */
export type RouteOptions = Command.Command.ParseConfig<{
  readonly [K in keyof typeof routeFlags]: (typeof routeFlags)[K]["options"]
}>

/** The settings of a connection's route: each from its flag, or else from its environment variable. */
export const routeSettings = (options: RouteOptions) =>
  Effect.all({
    proxy: given(options.proxy, variable("PROXY", parseProxyServer, undefined)),
    sendProxy: given(options.sendProxy, variable("SEND_PROXY", parseVersion, undefined)),
    source: given(options.source, variable("SOURCE", parseSource, undefined)),
    sourcePort: given(options.sourcePort, variable("SOURCE_PORT", parsePort(1), undefined)),
    keepalive: given(options.keepalive, variable("KEEPALIVE", parseKeepalive, ClientConfig.defaults.keepalive)),
  })

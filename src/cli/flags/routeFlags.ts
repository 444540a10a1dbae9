import type * as Command from "@effect/cli/Command"
import * as Effect from "effect/Effect"
import { ClientConfig } from "../../client/index.ts"
import {
  parseKeepalive,
  parsePort,
  parseProxyServer,
  parseProxyVersion,
  parseSourceAddress,
} from "../../domain/index.ts"
import { variable } from "../../runtime/variable.ts"
import { value } from "./flag.ts"
import { given } from "./given.ts"
import { keepaliveFlag } from "./keepaliveFlag.ts"

/** The flags of a connection's route: proxy, PROXY protocol, source address, keepalive. */
export const routeFlags = {
  proxy: value("proxy", "URL", parseProxyServer, {
    help: "Connect through a proxy, which also looks the name up: socks5://user:password@host:port or http://… (CONNECT).",
  }),
  sendProxy: value("send-proxy", "v1|v2", parseProxyVersion, {
    help: "Send a header of the PROXY protocol with this client's address first, as a load balancer does.",
  }),
  source: value("source", "ADDRESS", parseSourceAddress, { alias: "s", help: "The local address to connect from." }),
  sourcePort: value("source-port", "PORT", parsePort(1), { help: "The local port to connect from." }),
  keepalive: keepaliveFlag("server"),
}

/** The values of {@link routeFlags}. */
export type RouteOptions = Command.Command.ParseConfig<{
  readonly [K in keyof typeof routeFlags]: (typeof routeFlags)[K]["options"]
}>

/** The settings of a connection's route: each from its flag, or else from its environment variable. */
export const routeSettings = (options: RouteOptions) =>
  Effect.all({
    proxy: given(options.proxy, variable("PROXY", parseProxyServer, undefined)),
    sendProxy: given(options.sendProxy, variable("SEND_PROXY", parseProxyVersion, undefined)),
    source: given(options.source, variable("SOURCE", parseSourceAddress, undefined)),
    sourcePort: given(options.sourcePort, variable("SOURCE_PORT", parsePort(1), undefined)),
    keepalive: given(options.keepalive, variable("KEEPALIVE", parseKeepalive, ClientConfig.defaults.keepalive)),
  })

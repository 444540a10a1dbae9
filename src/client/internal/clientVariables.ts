import * as Config from "effect/Config"
import type * as Duration from "effect/Duration"
import {
  Framing,
  parseAddressFamily,
  parseDeadline,
  parseDuration,
  parseKeepalive,
  parseMaxFrame,
  parsePort,
  parseProxyServer,
  parseProxyVersion,
  parseSize,
  parseSourceAddress,
  parseYesNo,
  type settings,
} from "../../domain/index.ts"
import { type Parse, variable } from "../../runtime/variable.ts"
import type { ClientSettings } from "../ClientConfig.ts"

/** The settings of a client as environment variables, except the heartbeat. */
export const clientVariables = <D extends Duration.DurationInput, K>(
  defaults: Omit<settings.WithDurations<ClientSettings, D, K>, "heartbeat">,
  prefix: string,
) => {
  const read = <A, B>(name: string, parse: Parse<A>, fallback: B) => variable(name, parse, fallback, prefix)
  return {
    frame: read("FRAME", Framing.parse, defaults.frame),
    maxFrame: read("MAX_FRAME", parseMaxFrame, defaults.maxFrame),
    inbox: read("INBOX", parseSize, defaults.inbox),
    outbox: read("OUTBOX", parseSize, defaults.outbox),
    halfClosed: Config.succeed(defaults.halfClosed),
    closeDeadline: read("CLOSE_DEADLINE", parseDuration, defaults.closeDeadline),
    family: read("FAMILY", parseAddressFamily, defaults.family),
    source: read("SOURCE", parseSourceAddress, defaults.source),
    sourcePort: read("SOURCE_PORT", parsePort(1), defaults.sourcePort),
    proxy: read("PROXY", parseProxyServer, defaults.proxy),
    sendProxy: read("SEND_PROXY", parseProxyVersion, defaults.sendProxy),
    telnet: read("TELNET", parseYesNo, defaults.telnet),
    tls: Config.succeed(defaults.tls),
    onConnect: Config.succeed(defaults.onConnect),
    keepalive: read("KEEPALIVE", parseKeepalive, defaults.keepalive),
    idleTimeout: read("IDLE_TIMEOUT", parseDeadline, defaults.idleTimeout),
    writeTimeout: read("WRITE_TIMEOUT", parseDeadline, defaults.writeTimeout),
    connectTimeout: read("CONNECT_TIMEOUT", parseDeadline, defaults.connectTimeout),
    wait: read("WAIT", parseDuration, defaults.wait),
    attemptDelay: read("ATTEMPT_DELAY", parseDuration, defaults.attemptDelay),
  }
}

import type * as Command from "@effect/cli/Command"
import { limits, parseBacklog, parseCount, parseDeadline, parseKeepalive, parseSize } from "../../domain/index.ts"
import { ServerConfig } from "../../server/index.ts"
import { deadlineFlags, deadlineSettings } from "./deadlineFlags.ts"
import { value } from "./flag.ts"
import { given } from "./given.ts"

/** The flags that say what a client may do to the server, and for how long. */
export const limitFlags = {
  maxConns: value("max-conns", "N", parseCount, {
    alias: "m",
    help: "Connections open at once (default: as many as the system's limit of open files leaves room for).",
  }),
  maxPerAddress: value("max-per-address", "N", parseCount, {
    help: "Connections open at once from one address (default: no limit).",
  }),
  backlog: value("backlog", "N", parseBacklog, {
    help: `Connections that wait to be accepted (default ${limits.backlog}); the system may allow fewer (listen(2)).`,
  }),
  maxRate: value("max-rate", "SIZE", parseSize, {
    help: "What a client may send in a second (default: no limit); who sends more is read more slowly.",
  }),
  maxRateInAll: value("max-rate-in-all", "SIZE", parseSize, {
    help: "What all clients together may send in a second (default: no limit); then they are read in turn.",
  }),
  maxPending: value("max-pending", "SIZE", parseSize, {
    help: "What may wait for all clients together (default: no limit); then the one for whom most waits is closed.",
  }),
  firstFrameTimeout: value("first-frame-timeout", "TIME", parseDeadline, {
    help: "A client whose first frame is not whole so long after it came is closed (default: never).",
  }),
  ...deadlineFlags("client"),
  keepalive: value("keepalive", "TIME", parseKeepalive, {
    help: "TCP keepalive: silence after which the system asks whether a client's system is still there (default: never).",
  }),
}

/** What the flags gave. */
export type LimitOptions = Command.Command.ParseConfig<{
  readonly [K in keyof typeof limitFlags]: (typeof limitFlags)[K]["options"]
}>

const { fields } = ServerConfig

/** The limits among the settings: each from its flag, or else from the environment, or else the default. */
export const limitSettings = (options: LimitOptions) => ({
  maxConns: given(options.maxConns, fields.maxConns),
  maxPerAddress: given(options.maxPerAddress, fields.maxPerAddress),
  backlog: given(options.backlog, fields.backlog),
  maxRate: given(options.maxRate, fields.maxRate),
  maxRateInAll: given(options.maxRateInAll, fields.maxRateInAll),
  maxPending: given(options.maxPending, fields.maxPending),
  firstFrameTimeout: given(options.firstFrameTimeout, fields.firstFrameTimeout),
  keepalive: given(options.keepalive, fields.keepalive),
  ...deadlineSettings(options),
})

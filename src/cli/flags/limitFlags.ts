import type * as Command from "@effect/cli/Command"
import * as Option from "effect/Option"
import { limits, parseBacklog, parseCount, parseDeadline, parseEscapes, parseSize } from "../../domain/index.ts"
import { ServerConfig } from "../../server/index.ts"
import { deadlineFlags, deadlineSettings } from "./deadlineFlags.ts"
import { toggle, value } from "./flag.ts"
import { given } from "./given.ts"
import { keepaliveFlag } from "./keepaliveFlag.ts"

/** The flags that limit the connections, rates, queues and deadlines of clients. */
export const limitFlags = {
  maxConns: value("max-conns", "N", parseCount, {
    alias: "m",
    help: "How many connections may be open (default: what the limit of open files allows).",
  }),
  maxPerAddress: value("max-per-address", "N", parseCount, {
    help: "How many connections of one address may be open (default: no limit).",
  }),
  displace: toggle("displace", {
    help: "When an address has --max-per-address connections (then default 1), reset its oldest one in place of refusing a new one.",
  }),
  refusal: value("refusal", "TEXT", parseEscapes, {
    help: "Send TEXT, with escapes, to a client that --max-conns or --max-per-address refuses (default: nothing).",
  }),
  backlog: value("backlog", "N", parseBacklog, {
    help: `How many connections may wait to be accepted (default ${limits.backlog}); the system may allow fewer.`,
  }),
  maxRate: value("max-rate", "SIZE", parseSize, {
    help: "Bytes that a client may send in a second (default: no limit); a faster client is read more slowly.",
  }),
  maxRateInAll: value("max-rate-in-all", "SIZE", parseSize, {
    help: "Bytes that all clients together may send in a second (default: no limit); above it they are read in turn.",
  }),
  maxPending: value("max-pending", "SIZE", parseSize, {
    help: "Bytes that may be queued for all clients together (default: no limit); above it the client with the longest queue is closed.",
  }),
  firstFrameTimeout: value("first-frame-timeout", "TIME", parseDeadline, {
    help: "Close a client whose first frame is incomplete after TIME (default: never).",
  }),
  ...deadlineFlags("client"),
  keepalive: keepaliveFlag("client"),
}

/** The values of {@link limitFlags}. */
export type LimitOptions = Command.Command.ParseConfig<{
  readonly [K in keyof typeof limitFlags]: (typeof limitFlags)[K]["options"]
}>

const { fields } = ServerConfig

/** The settings of the limits: each from its flag, or else from its environment variable, or else the default. */
export const limitSettings = (options: LimitOptions) => ({
  maxConns: given(options.maxConns, fields.maxConns),
  maxPerAddress: given(options.maxPerAddress, fields.maxPerAddress),
  displace: given(options.displace ? Option.some(true) : Option.none(), fields.displace),
  refusal: given(options.refusal, fields.refusal),
  backlog: given(options.backlog, fields.backlog),
  maxRate: given(options.maxRate, fields.maxRate),
  maxRateInAll: given(options.maxRateInAll, fields.maxRateInAll),
  maxPending: given(options.maxPending, fields.maxPending),
  firstFrameTimeout: given(options.firstFrameTimeout, fields.firstFrameTimeout),
  keepalive: given(options.keepalive, fields.keepalive),
  ...deadlineSettings(options),
})

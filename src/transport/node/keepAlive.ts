import * as net from "node:net"
import * as Duration from "effect/Duration"
import { type CheckedKeepalive, keepaliveBounds, keepaliveDefaults } from "../../domain/index.ts"

// The highest value of TCP_KEEPIDLE and TCP_KEEPINTVL, seconds (tcp(7)).
const { mostSeconds } = keepaliveBounds

const seconds = (duration: Duration.Duration): number =>
  Math.min(Math.ceil(Duration.toMillis(duration) / 1000), mostSeconds)

/** The values of TCP_KEEPIDLE and TCP_KEEPINTVL, in whole seconds, and of TCP_KEEPCNT (tcp(7)). */
export const keepAliveSeconds = ({
  count = keepaliveDefaults.count,
  idle,
  interval = keepaliveDefaults.interval,
}: CheckedKeepalive) => ({ idle: seconds(idle), interval: seconds(interval), count })

/** A socket of a Node that may set the interval and the count. The types of Node 20 have two parameters only. */
export interface KeepAliveSocket {
  readonly setKeepAlive: (on: boolean, idleMillis: number, intervalMillis: number, count: number) => unknown
}

// nodejs/node#63825 added the parameters `interval` and `count`. Their number is the only sign of them.
const parameters = 4

/**
 * Whether the running Node can set the interval and the number of keepalive probes. If it cannot, the kernel sends 10
 * probes, 1 s apart.
 */
export const canSetKeepaliveProbes: boolean = net.Socket.prototype.setKeepAlive.length >= parameters

import type * as net from "node:net"

/** The number of bytes in the queue below Node's stream. */
export const queuedIn = (socket: net.Socket): number => {
  const handle: unknown = Reflect.get(socket, "_handle")
  const queued: unknown = typeof handle === "object" && handle !== null ? Reflect.get(handle, "writeQueueSize") : 0
  return typeof queued === "number" ? queued : 0
}

// The loads on the measured server. The peers use plain Node sockets.
import { once } from "node:events"
import { connect, type Socket } from "node:net"

/** The work of a measurement. `run` is called once with fewer `operations` as a warm-up, and once for the figure. */
export interface Load {
  readonly name: string
  readonly handler: "echo" | "broker" | "fiber"
  readonly operations: number
  readonly run: (port: number, operations: number) => Promise<void>
}

const line = (bytes: number): Buffer => Buffer.from(`${"a".repeat(bytes - 1)}\n`)

const open = async (port: number): Promise<Socket> => {
  const socket = connect(port, "127.0.0.1").setNoDelay()
  await once(socket, "connect")
  return socket
}

const openAll = (port: number, count: number): Promise<ReadonlyArray<Socket>> =>
  Promise.all(Array.from({ length: count }, () => open(port)))

/** Resolves when a socket has received `bytes` more. */
const received = (socket: Socket, bytes: number): Promise<void> =>
  new Promise((resolve) => {
    let left = bytes
    const take = (data: Buffer): void => {
      left -= data.length
      if (left > 0) return
      socket.off("data", take)
      resolve()
    }
    socket.on("data", take)
  })

/** 16 connections send lines, each with one line in flight. */
const echo = async (port: number, operations: number): Promise<void> => {
  const sockets = await openAll(port, 16)
  const message = line(64)
  await Promise.all(
    sockets.map(async (socket) => {
      for (let left = operations / sockets.length; left > 0; left--) {
        const answer = received(socket, message.length)
        socket.write(message)
        await answer
      }
    }),
  )
  for (const socket of sockets) socket.destroy()
}

const batch = 100

/**
 * One publisher sends batches of lines to 30 subscribers. After each batch it waits until all subscribers have received
 * it.
 */
const fanOut = async (port: number, operations: number): Promise<void> => {
  const subscribers = await openAll(port, 30)
  // The server accepts the publisher last, so all subscribers get its first line.
  const publisher = await open(port)
  const lines = Buffer.concat(Array.from({ length: batch }, () => line(100)))
  for (let left = operations; left > 0; left -= batch) {
    const arrived = subscribers.map((socket) => received(socket, lines.length))
    publisher.write(lines)
    await Promise.all(arrived)
  }
  for (const socket of [publisher, ...subscribers]) socket.destroy()
}

/** 16 peers in parallel connect and close at once, again and again. */
const connections = async (port: number, operations: number): Promise<void> => {
  const peer = async (): Promise<void> => {
    for (let left = operations / 16; left > 0; left--) {
      const socket = await open(port)
      const closed = once(socket.resume(), "close")
      socket.end()
      await closed
    }
  }
  await Promise.all(Array.from({ length: 16 }, peer))
}

export const loads: ReadonlyArray<Load> = [
  { name: "echo of a line, reactor", handler: "echo", operations: 64_000, run: echo },
  { name: "echo of a line, handler in a fiber", handler: "fiber", operations: 64_000, run: echo },
  { name: "fan-out of a line to 30", handler: "broker", operations: 40_000, run: fanOut },
  { name: "accept and close", handler: "echo", operations: 16_000, run: connections },
]

import * as net from "node:net"

/** The length of a frame, including its line feed, in bytes. */
const frameBytes = 64

const frame = `${"x".repeat(frameBytes - 1)}\n`

export const dial = (port: number): Promise<net.Socket> =>
  new Promise((resolve, reject) => {
    const socket = net.connect({ host: "127.0.0.1", port, noDelay: true }, () => {
      socket.off("error", reject)
      socket.on("error", () => {})
      resolve(socket)
    })
    socket.once("error", reject)
  })

const drained = (socket: net.Socket): Promise<void> => new Promise((resolve) => socket.once("drain", resolve))

/** Sends frames at a rate. After a late timer, the next write contains all frames that are due. Returns the number of frames. */
export const sendPaced = async (socket: net.Socket, perSecond: number, millis: number): Promise<number> => {
  const total = Math.round((perSecond * millis) / 1000)
  const begin = performance.now()
  let sent = 0
  while (sent < total) {
    await new Promise((resolve) => setTimeout(resolve, 5))
    const due = Math.min(total, Math.floor(((performance.now() - begin) * perSecond) / 1000))
    if (due === sent) continue
    const isTaken = socket.write(frame.repeat(due - sent))
    sent = due
    if (!isTaken) await drained(socket)
  }
  return sent
}

/** Sends lines as fast as the server reads them. */
export const sendLines = async (socket: net.Socket, count: number, line: (index: number) => string): Promise<void> => {
  const atOnce = 2000
  for (let from = 0; from < count; from += atOnce) {
    let text = ""
    for (let index = from; index < Math.min(count, from + atOnce); index++) text += line(index)
    if (!socket.write(text)) await drained(socket)
  }
}

export const pause = (millis: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, millis))

/**
 * The frames per second that all receivers of a relay receive together. One client sends `perSecond` frames per second, or
 * as many as possible.
 */
export const relayRate = async (
  port: number,
  options: {
    readonly receivers: number
    readonly perSecond: number | undefined
    readonly warmUp: number
    readonly window: number
  },
): Promise<number> => {
  let bytes = 0
  const sockets = await Promise.all(Array.from({ length: options.receivers }, () => dial(port)))
  for (const socket of sockets) {
    socket.on("data", (data: Buffer) => {
      bytes += data.length
    })
  }
  const sender = await dial(port)
  sender.resume()
  let isOver = false
  const block = frame.repeat(256)
  const flatOut = async () => {
    while (!isOver) if (!sender.write(block)) await drained(sender)
  }
  const paced = async (perSecond: number) => {
    while (!isOver) await sendPaced(sender, perSecond, 200)
  }
  const sending = options.perSecond === undefined ? flatOut() : paced(options.perSecond)
  await pause(options.warmUp)
  const before = bytes
  const begin = performance.now()
  await pause(options.window)
  const rate = (bytes - before) / frameBytes / ((performance.now() - begin) / 1000)
  isOver = true
  await sending
  for (const socket of [...sockets, sender]) socket.destroy()
  return rate
}

// Opens many connections and keeps them open. Usage: crowd PORT COUNT. Prints a line when all are connected. At each
// line of input each connection sends its own text, and the program prints how many received it back.
import * as net from "node:net"
import { createInterface } from "node:readline"

const [port, count] = process.argv.slice(2).map(Number)
const atOnce = 200
const sockets: Array<net.Socket> = []
let lost = 0

const say = (text: string): void => void process.stdout.write(`${text}\n`)

const dial = (): void => {
  const socket = net.connect({ host: "127.0.0.1", port: port ?? 0, noDelay: true })
  socket.on("error", () => {})
  socket.on("close", () => lost++)
  // The kernel answers before the server accepts. Without a pause the backlog fills, and a lost SYN costs a second.
  socket.write("?")
  socket.once("data", () => {
    sockets.push(socket)
    if (sockets.length === count) say("all are there")
    else if (sockets.length + atOnce <= (count ?? 0)) dial()
  })
}

/** Whether a connection echoes its own text. */
const isAlive = (socket: net.Socket, n: number): Promise<boolean> =>
  new Promise((resolve) => {
    const text = `${n}`.padStart(6, "0")
    let got = ""
    const onData = (bytes: Buffer) => {
      got += bytes.toString()
      if (got.length < text.length) return
      socket.off("data", onData)
      resolve(got === text)
    }
    socket.on("data", onData)
    socket.once("close", () => resolve(false))
    socket.write(text)
  })

for (let n = 0; n < Math.min(atOnce, count ?? 0); n++) dial()

const input = createInterface(process.stdin)
input.on("line", () => {
  void Promise.all(sockets.map(isAlive)).then((alive) => say(`alive ${alive.filter(Boolean).length}, lost ${lost}`))
})
input.on("close", () => process.exit())

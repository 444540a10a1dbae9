// The yardstick: a hand-written loop over node:net that forwards each chunk as it was read. It has no lines, no limits and
// no back-pressure.
import { createServer, type Socket } from "node:net"
import { listenAndSay, modeOf } from "./listening.ts"

const mode = modeOf(["broker", "echo"])
const everybody = new Set<Socket>()

listenAndSay(
  createServer({ noDelay: true }, (socket) => {
    everybody.add(socket)
    socket.on("error", () => {})
    socket.on("close", () => everybody.delete(socket))
    socket.on("data", (chunk) => {
      if (mode === "echo") {
        socket.write(chunk)
        return
      }
      for (const other of everybody) if (other !== socket) other.write(chunk)
    })
  }),
)

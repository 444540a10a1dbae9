// The hand-written loop that forwards whole lines: one write for the bytes of a read up to the last line end.
import { createServer, type Socket } from "node:net"
import { listenAndSay } from "./listening.ts"

const everybody = new Set<Socket>()

listenAndSay(
  createServer({ noDelay: true }, (socket) => {
    let rest: ReadonlyArray<Buffer> = []
    everybody.add(socket)
    socket.on("error", () => {})
    socket.on("close", () => everybody.delete(socket))
    socket.on("data", (chunk) => {
      const end = chunk.lastIndexOf(10) + 1
      if (end === 0) {
        rest = [...rest, chunk]
        return
      }
      const head = chunk.subarray(0, end)
      const lines = rest.length === 0 ? head : Buffer.concat([...rest, head])
      rest = end === chunk.length ? [] : [chunk.subarray(end)]
      for (const other of everybody) if (other !== socket) other.write(lines)
    })
  }),
)

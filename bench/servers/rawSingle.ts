// The hand-written loop in its usual form: one write for each line and each other client.
import { createServer, type Socket } from "node:net"
import { listenAndSay } from "./listening.ts"

const everybody = new Set<Socket>()

listenAndSay(
  createServer({ noDelay: true }, (socket) => {
    let rest = Buffer.alloc(0)
    everybody.add(socket)
    socket.on("error", () => {})
    socket.on("close", () => everybody.delete(socket))
    socket.on("data", (chunk) => {
      const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
      let begin = 0
      for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, begin)) {
        const line = bytes.subarray(begin, end + 1)
        for (const other of everybody) if (other !== socket) other.write(line)
        begin = end + 1
      }
      rest = bytes.subarray(begin)
    })
  }),
)

import type { Arguments } from "./arguments.ts"
import { Dialler, forEachOf, sourceAddress } from "./connection.ts"
import { rounded, say } from "./output.ts"
import { now } from "./timing.ts"

/** Connects all and holds them until standard input ends, or the server has closed every one. */
export const idle = async (args: Arguments): Promise<void> => {
  const connections = args.count("connections", 10_000)
  const dialler = new Dialler(args.port())
  let closed = 0
  let firstClosed = 0
  let lastClosed = 0
  await new Promise<void>((resolve, reject) => {
    const hold = async () => {
      await forEachOf(connections, async (index) => {
        const connection = await dialler.dial(sourceAddress(index))
        connection.onClose = () => {
          lastClosed = now()
          if (closed++ === 0) firstClosed = lastClosed
          if (closed === connections) resolve()
        }
      })
      say({ phase: "connected", connections })
      process.stdin.on("end", resolve).on("error", resolve).resume()
    }
    hold().catch(reject)
  })
  say({
    phase: "result",
    work: "idle",
    connections,
    closedByServer: closed,
    closedMillis: rounded(lastClosed - firstClosed, 2),
  })
}

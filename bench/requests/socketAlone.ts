import { once } from "node:events"
import { connect } from "node:net"

/**
 * Sends and receives the same messages with a Node socket without the library. It shows the cost of the system calls.
 */
export const socketAlone = async (
  port: number,
  message: Uint8Array,
  inFlight: number,
): Promise<{ readonly run: (count: number) => Promise<void>; readonly close: () => void }> => {
  const socket = connect(port, "127.0.0.1").setNoDelay()
  await once(socket, "connect")
  let onData = (_bytes: Buffer): void => {}
  socket.on("data", (bytes) => onData(bytes))
  return {
    run: (count) =>
      new Promise((resolve) => {
        let sent = 0
        let received = 0
        onData = (bytes) => {
          received += bytes.length
          if (received === count * message.length) return resolve()
          while (sent < count && sent - Math.floor(received / message.length) < inFlight) {
            socket.write(message)
            sent++
          }
        }
        onData(Buffer.alloc(0))
      }),
    close: () => socket.destroy(),
  }
}

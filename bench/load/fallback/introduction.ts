import type { Connection } from "./connection.ts"
import { WorkFailed } from "./ending.ts"
import type { Protocol } from "./records.ts"

const natsConnect = 'CONNECT {"verbose":false,"echo":false,"pedantic":false}\r\n'
const natsSubscribe = "SUB x 1\r\n"
const redisSubscribe = "*2\r\n$9\r\nSUBSCRIBE\r\n$1\r\nx\r\n"
const longestAnswer = 16 * 1024

/** Waits until a text has come. What comes behind it does not matter yet. */
const awaitText = (connection: Connection, text: string): Promise<void> =>
  new Promise((resolve, reject) => {
    let answer = ""
    const done = (settle: () => void) => {
      connection.onBytes = () => {}
      connection.onClose = () => {}
      settle()
    }
    const fail = (message: string) => done(() => reject(new WorkFailed(message)))
    connection.onClose = () => fail(`the server closed the connection before it said ${text.trim()}`)
    connection.onBytes = (bytes, length) => {
      answer += bytes.toString("latin1", 0, length)
      const error = /-ERR[^\r\n]*/.exec(answer)
      if (answer.includes(text)) done(resolve)
      else if (error !== null) fail(`the server said: ${error[0]}`)
      else if (answer.length > longestAnswer) fail(`the server does not speak the protocol: no ${text.trim()}`)
    }
  })

/** Introduces a connection as the protocol wants it, and makes it a subscriber. */
export const introduce = async (connection: Connection, protocol: Protocol, subscribes: boolean): Promise<void> => {
  if (protocol === "nats") {
    await awaitText(connection, "INFO")
    const answered = awaitText(connection, "PONG\r\n")
    connection.write(`${natsConnect}${subscribes ? natsSubscribe : ""}PING\r\n`)
    await answered
  } else if (protocol === "redis" && subscribes) {
    const answered = awaitText(connection, ":1\r\n")
    connection.write(redisSubscribe)
    await answered
  }
}

import { connect } from "node:net"
import type { Arguments } from "./arguments.ts"
import { Dialler, sourceAddress } from "./connection.ts"
import { rounded, say } from "./output.ts"
import { now, until, untilWindowIsOver, Window } from "./timing.ts"

/** Connects, ends its side, reads up to the server's end, closes; and again, several at a time. */
export const churn = async (args: Arguments): Promise<void> => {
  const concurrency = args.count("concurrency", 64)
  const warmup = args.number("warmup", 0.5)
  const seconds = args.number("seconds", 2)
  const least = args.number("least", 0)
  const port = args.port()
  const window = new Window()
  let opened = 0
  let failed = 0
  let begun = 0

  const again = (): void => {
    if (window.isOver) return
    const localAddress = sourceAddress(begun++)
    const socket = connect({
      host: "127.0.0.1",
      port,
      allowHalfOpen: true,
      ...(localAddress === undefined ? {} : { localAddress }),
    })
    let hasEnded = false
    let error: Error | undefined
    socket.on("error", (cause) => {
      error = cause
    })
    socket.on("connect", () => socket.end())
    socket.on("end", () => {
      hasEnded = true
    })
    socket.on("close", () => {
      if (hasEnded && error === undefined) opened++
      else failed++
      again()
    })
    socket.resume()
  }

  // Whether the server is there at all.
  const first = await new Dialler(port).dial()
  first.close()
  for (let at = 0; at < concurrency; at++) again()
  say({ phase: "connected", connections: concurrency })
  await until(now() + warmup * 1000)
  say({ phase: "begin" })
  const before = opened
  window.begin()
  await untilWindowIsOver(window, { seconds, least }, () => opened - before)
  window.end()
  const connections = opened - before
  say({ phase: "end" })
  say({
    phase: "result",
    work: "churn",
    seconds: rounded(window.seconds, 4),
    connections,
    perSecond: rounded(connections / window.seconds, 1),
    failed,
    cpu: rounded(window.cpu, 3),
  })
}

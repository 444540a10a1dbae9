import type { Server } from "node:net"

/** Listens on a free port of 127.0.0.1 and prints the port. SIGTERM ends the process at once. */
export const listenAndSay = (server: Server): void => {
  process.on("SIGTERM", () => process.exit(0))
  server.listen({ port: 0, host: "127.0.0.1", backlog: 511 }, () => {
    const address = server.address()
    if (address !== null && typeof address === "object") sayPort(address.port)
  })
}

/** Prints the line that the bench waits for. */
export const sayPort = (port: number): void => {
  process.stdout.write(`listening ${port}\n`)
}

/** The first argument of the process, which must be one of the modes. */
export const modeOf = <Mode extends string>(modes: ReadonlyArray<Mode>): Mode => {
  const asked = process.argv[2]
  const found = modes.find((mode) => mode === asked)
  if (found !== undefined) return found
  process.stderr.write(`expected one of ${modes.join(", ")}, not ${asked ?? "nothing"}\n`)
  return process.exit(2)
}

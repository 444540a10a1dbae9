import * as fs from "node:fs"
import * as tty from "node:tty"
import type { Descriptor } from "./descriptor.ts"

/** Whether a descriptor was a terminal that has hung up. */
export const isGone = ({ fd, kind }: Descriptor): boolean => kind === "terminal" && !tty.isatty(fd)

/**
 * At the exit of the process, closes the descriptors of terminals that have hung up. Node 20 resets the attributes of
 * its terminals at exit, and aborts if one of them returns EIO (`ResetStdio` in src/node.cc). It skips closed
 * descriptors.
 */
export const closeGoneOnExit = (descriptors: ReadonlyArray<Descriptor>): void => {
  const terminals = descriptors.filter(({ kind }) => kind === "terminal")
  if (terminals.length === 0) return
  process.on("exit", () => {
    for (const terminal of terminals) if (isGone(terminal)) fs.closeSync(terminal.fd)
  })
}

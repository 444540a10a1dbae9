import * as fs from "node:fs"
import * as tty from "node:tty"
import type { Descriptor } from "./descriptor.ts"

/** Whether a descriptor led to a terminal that has gone. */
export const isGone = ({ fd, kind }: Descriptor): boolean => kind === "terminal" && !tty.isatty(fd)

/**
 * Closes descriptors of terminals that have gone before the process exits. At its exit Node 20 sets the attributes of
 * the terminals that it has found at its start, and aborts if one of them answers with EIO (`ResetStdio` in src/node.cc);
 * a descriptor that is closed is left alone.
 */
export const closeGoneOnExit = (descriptors: ReadonlyArray<Descriptor>): void => {
  const terminals = descriptors.filter(({ kind }) => kind === "terminal")
  if (terminals.length === 0) return
  process.on("exit", () => {
    for (const terminal of terminals) if (isGone(terminal)) fs.closeSync(terminal.fd)
  })
}

import * as Effect from "effect/Effect"
import { type CheckedKeepalive, keepaliveDefaults, parseKeepalive } from "../../domain/index.ts"
import { NodeTransport } from "../../transport/index.ts"
import type { Stdio } from "../process/stdio.ts"
import { warn } from "../process/tell.ts"
import { value } from "./flag.ts"

/** `--keepalive`. */
export const keepaliveFlag = (peer: "client" | "server") =>
  value("keepalive", "TIME[,INTERVAL[,COUNT]]", parseKeepalive, {
    help: `TCP keepalive: after TIME of silence the kernel probes the system of the ${peer} (default: never), every INTERVAL (1s), and closes the connection after COUNT unanswered probes (10).`,
  })

/** A note for the user if the running Node cannot set the interval and the number of probes that the user asked for. */
export const keepaliveNote = (
  { count, interval }: CheckedKeepalive,
  isSettable: boolean = NodeTransport.canSetKeepaliveProbes,
): string | undefined =>
  isSettable || (count === undefined && interval === undefined)
    ? undefined
    : `--keepalive: Node ${process.version} cannot set the interval and the count; the kernel sends ${keepaliveDefaults.count} probes, 1 s apart (Node 24.19 and 26.4 can set them)`

/** Tells the user the note of {@link keepaliveNote}. */
export const tellKeepaliveNote = (keepalive: CheckedKeepalive): Effect.Effect<void, never, Stdio> => {
  const note = keepaliveNote(keepalive)
  return note === undefined ? Effect.void : warn(note)
}

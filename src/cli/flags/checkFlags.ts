import { parseDeadline } from "../../domain/index.ts"
import { toggle, value } from "./flag.ts"

/** The flags that check whether ports are open, and that wait until they are. */
export const checkFlags = {
  check: toggle("check", {
    alias: "z",
    help: "Check whether ports are open, and send nothing: -z host 20-25,80. Prints one line for each port. Exits with 0 if a port is open, and with --wait if all are.",
  }),
  wait: value("wait", "TIME", parseDeadline, {
    help: "While connecting fails, try again for TIME; -w limits each attempt.",
  }),
}

import { parseDeadline } from "../../domain/index.ts"
import { toggle, value } from "./flag.ts"

/** The flags that check whether ports are open, and that wait until they are. */
export const checkFlags = {
  check: toggle("check", {
    alias: "z",
    help: "Check whether ports are open, and send nothing: -z host 20-25,80. Prints a line for each port. Exits with 0 if one of the ports is open; with --wait, if all of them are.",
  }),
  wait: value("wait", "TIME", parseDeadline, {
    help: "While connecting fails, try again for TIME. -w limits each attempt.",
  }),
}

import { anyText, value } from "./flag.ts"

/** The flag of the files of defaults. */
export const configFlags = {
  config: value("config", "PATH|none", anyText, {
    help: "Take the defaults of flags from this file, and from no other; none: from no file.",
  }),
}

import { parseSocketMode } from "../../domain/index.ts"
import { parseAccountName } from "../process/user.ts"
import { toggle, value } from "./flag.ts"

/** The flags that say how a server listens. */
export const listenFlags = {
  ipv6Only: toggle("ipv6-only", { help: "[::] leaves IPv4 alone; without it, it is both." }),
  unixMode: value("unix-mode", "MODE", parseSocketMode, {
    help: "The mode of a unix socket's file, in octal, such as 0660, from its first moment on.",
  }),
  inherit: toggle("inherit", {
    help: "Listen on the sockets that systemd or the like passes on (LISTEN_FDS), which is done anyway if no endpoint is given.",
  }),
  user: value("user", "NAME[:GROUP]", parseAccountName, {
    help: "Become this user, for good, when all sockets are open (only root can).",
  }),
}

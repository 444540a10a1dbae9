import { parseSocketMode } from "../../domain/index.ts"
import { parseAccountName } from "../process/user.ts"
import { toggle, value } from "./flag.ts"

/** The flags of the listening sockets. */
export const listenFlags = {
  ipv6Only: toggle("ipv6-only", { help: "[::] accepts IPv6 only; without this option it accepts IPv4 too." }),
  unixMode: value("unix-mode", "MODE", parseSocketMode, {
    help: "The mode of the file of a unix socket, in octal, such as 0660, from its creation on.",
  }),
  inherit: toggle("inherit", {
    help: "Listen on sockets inherited from systemd (LISTEN_FDS) too; without an endpoint this is the default.",
  }),
  user: value("user", "NAME[:GROUP]", parseAccountName, {
    help: "Open all sockets as root, then become this user for good.",
  }),
}

import { noPage } from "./CommandParts.ts"
import { runServe } from "./commands/runServe.ts"
import { connectConsole } from "./console/connectConsole.ts"
import { start } from "./start.ts"

// The command with the server and the console: bin/tcpfx.cjs starts this bundle for `tcpfx serve`, and for `tcpfx
// connect` in a terminal.
start({ runServe, connectConsole, page: noPage })

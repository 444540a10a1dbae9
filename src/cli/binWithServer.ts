import { noPage } from "./CommandParts.ts"
import { runServe } from "./commands/runServe.ts"
import { connectConsole } from "./console/connectConsole.ts"
import { start } from "./start.ts"

// The command with the server: bin/tcpfx.cjs starts this bundle for `tcpfx serve`.
start({ runServe, connectConsole, page: noPage })

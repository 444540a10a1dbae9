import { noPage } from "./CommandParts.ts"
import { runServe } from "./commands/runServe.ts"
import { start } from "./start.ts"

// The command with the server: bin/tcpfx.cjs starts this bundle for `tcpfx serve`.
start({ runServe, page: noPage })

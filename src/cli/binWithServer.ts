import { assistedConnect } from "./automation/assistedConnect.ts"
import { noPage, noWatching } from "./CommandParts.ts"
import { runServe } from "./commands/runServe.ts"
import { start } from "./start.ts"

// The command with the server and the assistant: bin/tcpfx.cjs starts this bundle for `tcpfx serve`, and for `tcpfx
// connect` in a terminal, with rules, with macros or with repeats.
start({ runServe, assistedConnect, page: noPage, watching: noWatching })

import { assistedConnect } from "./automation/assistedConnect.ts"
import { noWatching } from "./CommandParts.ts"
import { runServe } from "./commands/runServe.ts"
import { start } from "./start.ts"
import { prepare } from "./ui/attach.ts"
import { runUi } from "./ui/runUi.ts"

// The command with all its parts: bin/tcpfx.cjs starts this bundle for `tcpfx ui` and for `--ui`.
start({ runServe, assistedConnect, page: { runUi, prepare }, watching: noWatching })

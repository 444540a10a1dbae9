import { noAssistant, noPage } from "./CommandParts.ts"
import { runCtl } from "./commands/runCtl.ts"
import { start } from "./start.ts"
import { runTop } from "./top/runTop.ts"

// The command with the parts that talk to a running server: bin/tcpfx.cjs starts this bundle for `tcpfx ctl` and `top`.
start({ ...noAssistant, page: noPage, watching: { runTop, runCtl } })

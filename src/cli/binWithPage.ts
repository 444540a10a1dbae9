import { start } from "./start.ts"
import { attach } from "./ui/attach.ts"
import { runUi } from "./ui/runUi.ts"

// The command with the page: bin/tcpfx.cjs starts this bundle for `tcpfx ui` and for `--ui`.
start({ runUi, attach })

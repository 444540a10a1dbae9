import { makeWindow } from "./commands/connectWindow.ts"
import { runServe } from "./commands/runServe.ts"
import { connectConsole } from "./console/connectConsole.ts"
import { start } from "./start.ts"
import { prepare } from "./ui/attach.ts"
import { runUi } from "./ui/runUi.ts"

// The command with all its parts: bin/tcpfx.cjs starts this bundle for `tcpfx ui` and for `--ui`.
start({ runServe, connectConsole, page: { runUi, prepare, makeWindow } })

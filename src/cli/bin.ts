import { noAssistant, noPage, noWatching } from "./CommandParts.ts"
import { start } from "./start.ts"

// The command without server, console and page, for all command lines that need none of these parts.
start({ ...noAssistant, page: noPage, watching: noWatching })

import { noAssistant, noPage } from "./CommandParts.ts"
import { start } from "./start.ts"

// The command without server and page, for all command lines that need neither.
start({ ...noAssistant, page: noPage })

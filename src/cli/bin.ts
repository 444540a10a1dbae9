import { noPage, noServer } from "./CommandParts.ts"
import { start } from "./start.ts"

// What every command line can do that starts no server and no page.
start({ ...noServer, page: noPage })

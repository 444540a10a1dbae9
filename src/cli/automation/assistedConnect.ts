import { makeWindow } from "../commands/connectWindow.ts"
import { connectConsole } from "../console/connectConsole.ts"
import { watchClient } from "../watch/clientWatch.ts"
import { automationOf } from "./automationOf.ts"
import { bytesOf } from "./bytesOf.ts"

/** The functions of `tcpfx connect` that need an assistant, a project file or metrics. */
export const assistedConnect = { automationOf, bytesOf, console: connectConsole, makeWindow, watchClient }

export type AssistedConnect = typeof assistedConnect

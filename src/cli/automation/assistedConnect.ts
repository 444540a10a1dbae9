import { makeWindow } from "../commands/connectWindow.ts"
import { connectConsole } from "../console/connectConsole.ts"
import { automationOf } from "./automationOf.ts"
import { bytesOf } from "./bytesOf.ts"

/** The functions of `tcpfx connect` that need an assistant or a project file. */
export const assistedConnect = { automationOf, bytesOf, console: connectConsole, makeWindow }

export type AssistedConnect = typeof assistedConnect

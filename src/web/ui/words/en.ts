import { clients } from "./en/clients.ts"
import { log } from "./en/log.ts"
import { sending } from "./en/sending.ts"
import { windows } from "./en/windows.ts"

/** The words of the page. Those of other languages have the same names: a missing one is a type error. */
export const en = { ...windows, ...clients, ...log, ...sending }

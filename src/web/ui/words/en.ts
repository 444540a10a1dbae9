import { clients } from "./en/clients.ts"
import { log } from "./en/log.ts"
import { sending } from "./en/sending.ts"
import { windows } from "./en/windows.ts"

/** The words of the page in English. Another language has the same keys; a missing key is a type error. */
export const en = { ...windows, ...clients, ...log, ...sending }

import type { Words } from "./Words.ts"
import { clients } from "./zh/clients.ts"
import { log } from "./zh/log.ts"
import { sending } from "./zh/sending.ts"
import { windows } from "./zh/windows.ts"

/** 简体中文. */
export const zh: Words = { ...windows, ...clients, ...log, ...sending }

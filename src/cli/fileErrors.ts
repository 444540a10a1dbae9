import type { PlatformError } from "@effect/platform/Error"

/** Why a file could not be read or written, in a word or a few. */
export const codeOf = (error: PlatformError): string => (error._tag === "SystemError" ? error.reason : error.message)

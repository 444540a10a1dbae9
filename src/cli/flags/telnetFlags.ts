import * as Option from "effect/Option"
import { parseYesNo } from "../../domain/index.ts"
import { variable } from "../../runtime/variable.ts"
import { toggle } from "./flag.ts"
import { given } from "./given.ts"

/** The flag of `serve` and `connect` for the Telnet protocol. */
export const telnetFlags = {
  telnet: toggle("telnet", {
    alias: "t",
    help: "Speak Telnet: remove the peer's commands, refuse all of its options, and double the byte 0xFF.",
  }),
}

/** Whether connections speak Telnet: by the flag, or else by the environment variable. */
export const telnetOf = ({ telnet }: { readonly telnet: boolean }) =>
  given(telnet ? Option.some(true) : Option.none(), variable("TELNET", parseYesNo, false))

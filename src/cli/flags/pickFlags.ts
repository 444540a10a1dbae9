import { toggle } from "./flag.ts"

/** The flag that asks for the address to listen on. */
export const pickFlags = {
  pick: toggle("pick", {
    help: "Ask in the terminal for the address to listen on. Without an endpoint, a console with other addresses than loopback asks too.",
  }),
}

import { nameSources } from "../../domain/assistant/index.ts"
import { oneOf, value } from "./flag.ts"

const source = oneOf(...nameSources)

/** The flag of the names of clients. */
export const nameFlags = {
  nameFrom: value("name-from", nameSources.join("|"), (text) => source(text.toLowerCase()), {
    help: "Name each client by its first line (which is still shown), its TLS certificate, or its IP address.",
  }),
}

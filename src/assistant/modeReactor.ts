import { Handler } from "../server/index.ts"
import type { ServerMode } from "./ServerAssistant.ts"

/** The reactor of a mode that needs no other part of the window. */
export const modeReactor = (mode: ServerMode, halfClosed: Handler.HalfClosed): Handler.Reactor => {
  if (typeof mode === "object") return Handler.reply(mode.reply, halfClosed)
  switch (mode) {
    case "broker":
      return Handler.broker(halfClosed)
    case "echo":
      return Handler.echo(halfClosed)
    default:
      return Handler.discard(halfClosed)
  }
}

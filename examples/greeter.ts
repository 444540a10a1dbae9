import * as Effect from "effect/Effect"
import { ServerAssistant } from "tcpfx/assistant"
import { Framing } from "tcpfx/domain"

/**
 * A server assistant in a program. It names and greets each meter that logs in, and asks all meters for their state
 * every second.
 */
export const greeter = Effect.gen(function* () {
  const assistant = yield* ServerAssistant.make({ settings: { frame: Framing.line } })
  yield* assistant.log.record
  yield* assistant.executeLine(
    "rule login when regex /^login (\\w+)$/ rename ${1} then tag meter then reply welcome, ${1}",
  )
  yield* assistant.executeLine("repeat every=1s @tag:meter state?")
  const listening = yield* assistant.execute({ _tag: "Listen", endpoint: "127.0.0.1:0" })
  return { assistant, endpoint: listening._tag === "ListeningOn" ? listening.endpoint : "" }
})

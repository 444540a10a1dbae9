import type { Recipients } from "../../../domain/assistant/Recipients.ts"
import { type Answer, ask } from "../link/ask.ts"
import type { Stop } from "../link/Stop.ts"

/** Parses recipients in their written form. For the empty text the result is `undefined`, which means all clients. */
export const recipientsOfText = (
  text: string,
  then: (answer: Answer<Recipients | undefined>) => Stop | undefined,
): Stop => {
  const trimmed = text.trim()
  let stop: Stop = () => {}
  if (trimmed === "") {
    stop = then({ ok: true, value: undefined }) ?? stop
  } else {
    stop = ask(
      (calls) => calls.ReadRecipients({ text: trimmed.startsWith("@") ? trimmed : `@${trimmed}` }),
      (answer) => {
        stop = then(answer) ?? stop
      },
    )
  }
  return () => stop()
}

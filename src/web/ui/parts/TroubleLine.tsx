import type { Problem } from "../../../domain/assistant/State.ts"
import type { Trouble } from "../link/ask.ts"
import { troubleText } from "../words/trouble.ts"

/** An error and its advice, beside the field with the error. */
export const TroubleLine = ({
  id,
  trouble,
}: {
  readonly id?: string
  readonly trouble: Trouble | Problem | undefined
}) => {
  const text = trouble === undefined ? undefined : troubleText(trouble)
  return (
    <p class="trouble" role="alert" id={id} hidden={text === undefined}>
      <span class="trouble-what">{text?.what}</span> <span class="trouble-advice">{text?.advice}</span>
    </p>
  )
}

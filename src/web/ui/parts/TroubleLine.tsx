import type { Problem } from "../../../domain/assistant/State.ts"
import type { Trouble } from "../link/ask.ts"
import { troubleText } from "../words/trouble.ts"

/** What went wrong and what to do, beside the field at fault. */
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

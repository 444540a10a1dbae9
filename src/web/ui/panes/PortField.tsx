import type { WindowModel } from "../state/WindowModel.ts"
import { words } from "../words/index.ts"

/** The port field of a server or client window. `fault` is whether the error in the form concerns the port. */
export const PortField = ({
  model,
  disabled,
  fault,
  describe,
}: {
  readonly model: WindowModel
  readonly disabled: boolean
  readonly fault: boolean
  readonly describe: string | undefined
}) => (
  <label class="field">
    {words.value.port}
    <input
      class="port"
      inputMode="numeric"
      value={model.port.value}
      disabled={disabled}
      aria-invalid={fault}
      aria-describedby={describe}
      onInput={(event) => {
        model.port.value = event.currentTarget.value
      }}
    />
  </label>
)

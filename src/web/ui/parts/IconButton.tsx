import { Icon, type IconName } from "./Icon.tsx"

interface Props {
  readonly icon: IconName
  /** The name of the button, which is also its tooltip. */
  readonly label: string
  readonly onClick: () => void
  readonly pressed?: boolean
  readonly disabled?: boolean
  readonly keys?: string
}

export const IconButton = ({ icon, label, onClick, pressed, disabled, keys }: Props) => (
  <button
    type="button"
    class="icon-button"
    aria-label={label}
    title={keys === undefined ? label : `${label} (${keys})`}
    aria-pressed={pressed}
    disabled={disabled}
    onClick={onClick}
  >
    <Icon name={icon} />
  </button>
)

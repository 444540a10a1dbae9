import type { ComponentChildren } from "preact"
import { useLayoutEffect, useRef } from "preact/hooks"
import { IconButton } from "../parts/IconButton.tsx"
import { words } from "../words/index.ts"

/** A dialog over the page. Escape closes the dialog. The focus then returns to the element that had it before. */
export const Sheet = ({
  label,
  close,
  children,
}: {
  readonly label: string
  readonly close: () => void
  readonly children: ComponentChildren
}) => {
  const dialog = useRef<HTMLDialogElement>(null)
  useLayoutEffect(() => {
    const before = document.activeElement
    dialog.current?.showModal()
    return () => {
      if (before instanceof HTMLElement) before.focus()
    }
  }, [])
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Escape also closes the dialog.
    <dialog
      class="sheet"
      ref={dialog}
      aria-label={label}
      onClose={close}
      onClick={(event) => {
        if (event.target === dialog.current) close()
      }}
    >
      <div class="sheet-head">
        <h2>{label}</h2>
        <IconButton icon="cross" label={words.value.close} onClick={close} />
      </div>
      {children}
    </dialog>
  )
}

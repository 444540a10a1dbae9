import type { ComponentChildren } from "preact"
import { useEffect, useRef } from "preact/hooks"
import { Icon, type IconName } from "./Icon.tsx"

/** A button that opens a menu of buttons. Escape, a click elsewhere, and a choice close the menu. */
export const Menu = ({
  label,
  icon,
  text,
  children,
}: {
  readonly label: string
  readonly icon: IconName
  readonly text?: string
  readonly children: ComponentChildren
}) => {
  const menu = useRef<HTMLDetailsElement>(null)
  useEffect(() => {
    const ending = new AbortController()
    const close = (): void => menu.current?.removeAttribute("open")
    document.addEventListener(
      "pointerdown",
      (event) => {
        if (event.target instanceof Node && menu.current?.contains(event.target) !== true) close()
      },
      { signal: ending.signal },
    )
    menu.current?.addEventListener(
      "keydown",
      (event) => {
        if (event.key !== "Escape" || menu.current?.open !== true) return
        close()
        menu.current.querySelector("summary")?.focus()
        event.stopPropagation()
      },
      { signal: ending.signal },
    )
    return () => ending.abort()
  }, [])
  return (
    <details class="menu" ref={menu}>
      <summary class={text === undefined ? "icon-button" : "quiet"} aria-label={label} title={label}>
        <Icon name={icon} />
        {text}
      </summary>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: the user clicks the buttons inside this element. */}
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: a button turns Enter and Space into a click. */}
      <div
        class="menu-items"
        onClick={(event) => {
          if (event.target instanceof Element && event.target.closest("button, a") !== null) {
            menu.current?.removeAttribute("open")
          }
        }}
      >
        {children}
      </div>
    </details>
  )
}

import { useEffect, useRef } from "preact/hooks"
import type { Tab } from "../../api/Api.ts"
import { link } from "../link/client.ts"
import { IconButton } from "../parts/IconButton.tsx"
import { Menu } from "../parts/Menu.tsx"
import { language, theme, themes } from "../state/preferences.ts"
import { about, choose, current, tabs } from "../state/workspace.ts"
import { words } from "../words/index.ts"
import { closeWindow, closing, openWindow, windowTitle } from "./windows.ts"

const kindText = (tab: Tab): string => (tab.kind === "server" ? words.value.serverWindow : words.value.clientWindow)

const WindowTab = ({ tab }: { readonly tab: Tab }) => {
  const title = windowTitle(tab)
  const item = useRef<HTMLLIElement>(null)
  const isCurrent = tab.tab === current.value?.tab
  useEffect(() => {
    if (isCurrent) item.current?.scrollIntoView({ block: "nearest", inline: "nearest" })
  }, [isCurrent])
  return (
    <li ref={item} class={isCurrent ? "tab tab-current" : "tab"}>
      <button
        type="button"
        class="tab-name"
        aria-current={isCurrent ? "page" : undefined}
        title={title}
        onClick={() => choose(tab.tab)}
      >
        <span class={`dot ${tab.active && link.value !== "down" ? "dot-good" : "dot-off"}`} />
        <span class="tab-kind">{kindText(tab)}</span>
        {tab.title !== "" && <span class="tab-title">{tab.title}</span>}
      </button>
      {!tab.fixed && (
        <IconButton
          icon="cross"
          label={words.value.closeWindow(title)}
          onClick={() => {
            if (tab.busy) closing.value = tab.tab
            else closeWindow(tab.tab)
          }}
        />
      )}
    </li>
  )
}

/** The top bar: the windows as tabs, the language, the theme and the keys. */
export const TopBar = ({
  openKeys,
  openCommand,
  openSettings,
}: {
  readonly openKeys: () => void
  readonly openCommand: () => void
  readonly openSettings: () => void
}) => {
  const w = words.value
  const themeNames = { auto: w.themeAuto, light: w.themeLight, dark: w.themeDark }
  const themeIcons = { auto: "system", light: "sun", dark: "moon" } as const
  return (
    <header class="top">
      <h1 class="brand" title={about.value === undefined ? "tcpfx" : `tcpfx ${about.value.version}`}>
        tcpfx
      </h1>
      <nav class="tabs" aria-label={w.windows}>
        <ul>
          {(tabs.value ?? []).map((tab) => (
            <WindowTab key={tab.tab} tab={tab} />
          ))}
        </ul>
      </nav>
      <Menu label={`${w.newServer} / ${w.newClient}`} icon="plus">
        <button type="button" onClick={() => openWindow("server")}>
          {w.newServer}
        </button>
        <button type="button" onClick={() => openWindow("client")}>
          {w.newClient}
        </button>
        <button type="button" onClick={openSettings}>
          {w.newWithSettings}
        </button>
      </Menu>
      <span class="spring" />
      <IconButton icon="prompt" label={w.commandLine} keys="Ctrl-K" onClick={openCommand} />
      <button
        type="button"
        class="quiet language"
        aria-label={`${w.language}: ${language.value === "zh" ? "English" : "中文"}`}
        title={w.language}
        lang={language.value === "zh" ? "en" : "zh-CN"}
        onClick={() => {
          language.value = language.value === "zh" ? "en" : "zh"
        }}
      >
        {language.value === "zh" ? "EN" : "中文"}
      </button>
      <IconButton
        icon={themeIcons[theme.value]}
        label={`${w.theme}: ${themeNames[theme.value]}`}
        onClick={() => {
          theme.value = themes[(themes.indexOf(theme.value) + 1) % themes.length] ?? "auto"
        }}
      />
      <IconButton icon="keys" label={w.keys} keys="?" onClick={openKeys} />
    </header>
  )
}

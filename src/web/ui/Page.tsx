import { effect, signal } from "@preact/signals"
import { link } from "./link/client.ts"
import { connect, disconnect, isEngaged } from "./panes/ClientForm.tsx"
import { CloseQuestion } from "./panes/CloseQuestion.tsx"
import { CommandLine } from "./panes/CommandLine.tsx"
import { KeySheet } from "./panes/KeySheet.tsx"
import { shownLog } from "./panes/LogPane.tsx"
import { NewWindow } from "./panes/NewWindow.tsx"
import { listen } from "./panes/ServerForm.tsx"
import { stopListening } from "./panes/StopChoice.tsx"
import { Toasts } from "./panes/Toasts.tsx"
import { TopBar } from "./panes/TopBar.tsx"
import { WindowView } from "./panes/WindowView.tsx"
import { openWindow } from "./panes/windows.ts"
import { listenToKeys } from "./state/keys.ts"
import { currentModel, tabs } from "./state/workspace.ts"
import { words } from "./words/index.ts"

const sheet = signal<"none" | "keys" | "command" | "window">("none")

const closeSheet = (): void => {
  sheet.value = "none"
}

/** Starts to handle the keys of the page. */
export const followKeys = (): void => {
  effect(() => {
    // An unfinished command must not go to another window. Another page may close this window, and then the page shows
    // another window.
    void currentModel.value
    closeSheet()
  })
  listenToKeys({
    listenOrConnect: () => {
      const model = currentModel.value
      if (model === undefined || link.peek() === "down") return
      if (model.kind === "client") {
        if (isEngaged(model)) disconnect(model)
        else connect(model)
      } else if (model.server.value?.listening === "listening") stopListening(model)
      else listen(model)
    },
    openCommand: () => {
      if (currentModel.value !== undefined) sheet.value = "command"
    },
    openKeys: () => {
      sheet.value = "keys"
    },
    follow: () => {
      const model = currentModel.value
      if (model !== undefined) model.log.paused.value = false
      shownLog.current?.follow(true)
    },
  })
}

const NoWindow = () => {
  const w = words.value
  return (
    <main class="window window-none">
      <p>{w.noWindows}</p>
      <div class="card-head">
        <button type="button" class="main" onClick={() => openWindow("server")}>
          {w.newServer}
        </button>
        <button type="button" class="main" onClick={() => openWindow("client")}>
          {w.newClient}
        </button>
      </div>
    </main>
  )
}

export const Page = () => {
  const w = words.value
  const model = currentModel.value
  return (
    <div class="page">
      <TopBar
        openKeys={() => {
          sheet.value = "keys"
        }}
        openCommand={() => {
          sheet.value = "command"
        }}
        openSettings={() => {
          sheet.value = "window"
        }}
      />
      {link.value === "down" && (
        <div class="link-down" role="alert">
          <span class="spinner" />
          <span>
            {w.linkDown} {w.linkAdvice}
          </span>
        </div>
      )}
      {tabs.value === undefined ? (
        <main class="window window-none">{link.value !== "down" && <p>{w.loading}</p>}</main>
      ) : model === undefined ? (
        <NoWindow />
      ) : (
        <WindowView key={model.tab} model={model} />
      )}
      <Toasts />
      {sheet.value === "keys" && <KeySheet close={closeSheet} />}
      {sheet.value === "window" && <NewWindow close={closeSheet} />}
      <CloseQuestion />
      {sheet.value === "command" && model !== undefined && <CommandLine model={model} close={closeSheet} />}
    </div>
  )
}

import { computed, type ReadonlySignal, type Signal, signal } from "@preact/signals"
import type { Command } from "../../../domain/assistant/Command.ts"
import type { LogFilter, LogView } from "../../../domain/assistant/Log.ts"
import type { Outcome } from "../../../domain/assistant/Outcome.ts"
import type { ClientWindow, ServerWindow, WindowState } from "../../../domain/assistant/State.ts"
import type { ConnectionId } from "../../../domain/ConnectionId.ts"
import type { Tab } from "../../api/Api.ts"
import { type Answer, ask, type Trouble } from "../link/ask.ts"
import type { Stop } from "../link/Stop.ts"
import { streamBufferSize, watch } from "../link/watch.ts"
import { type Draft, makeDraft } from "./Draft.ts"
import { forget, isBoolean, isOneOf, isString, keptHere } from "./kept.ts"
import { language } from "./preferences.ts"

export const filterKinds = ["text", "regex", "hex"] as const
export const filterDirections = ["all", "received", "sent", "announcement"] as const
export const panels = ["peers", "rules", "macros", "rates"] as const
export type Panel = (typeof panels)[number]

/** The state of one window that only the page has. */
export interface WindowModel {
  readonly tab: number
  readonly kind: Tab["kind"]
  readonly fixed: boolean
  /** The state of the window on the server; `undefined` until the first one arrives. */
  readonly state: Signal<WindowState | undefined>
  readonly server: ReadonlySignal<ServerWindow | undefined>
  readonly client: ReadonlySignal<ClientWindow | undefined>
  /** The reason why the page cannot watch the window. */
  readonly lost: Signal<Trouble | undefined>
  readonly selected: Signal<ReadonlyArray<ConnectionId>>
  /** The recipients in their written form; empty for all clients. */
  readonly to: Signal<string>
  readonly draft: Draft
  readonly panel: Signal<Panel>
  /** Whether the panel is open on a narrow screen, where it covers the log. */
  readonly drawer: Signal<boolean>
  readonly address: Signal<string>
  readonly port: Signal<string>
  /** The reason why the last command of the form was refused. */
  readonly formTrouble: Signal<Trouble | undefined>
  /** Whether a command of the form has no outcome yet. */
  readonly formBusy: Signal<boolean>
  /** Set while the page asks what happens to the clients. Without `endpoint`, the question concerns all endpoints. */
  readonly choosing: Signal<{ readonly endpoint?: string } | undefined>
  /** The text of the field for a further endpoint; `undefined` while the field is closed. */
  readonly further: Signal<string | undefined>
  readonly tls: Signal<boolean>
  readonly insecure: Signal<boolean>
  readonly serverName: Signal<string>
  readonly reconnect: Signal<boolean>
  readonly sendTrouble: Signal<Trouble | undefined>
  readonly every: Signal<string>
  readonly times: Signal<string>
  readonly log: LogSettings
}

export interface LogSettings {
  readonly view: Signal<LogView>
  readonly query: Signal<string>
  readonly kind: Signal<(typeof filterKinds)[number]>
  readonly direction: Signal<(typeof filterDirections)[number]>
  /** Whether the log shows only the matches. Otherwise it shows all rows, and the user jumps between the matches. */
  readonly only: Signal<boolean>
  readonly paused: Signal<boolean>
}

const makeModel = (tab: Tab): WindowModel => {
  const name = `window${tab.tab}`
  const state = signal<WindowState | undefined>(undefined)
  return {
    tab: tab.tab,
    kind: tab.kind,
    fixed: tab.fixed,
    state,
    server: computed(() => (state.value?._tag === "ServerWindow" ? state.value : undefined)),
    client: computed(() => (state.value?._tag === "ClientWindow" ? state.value : undefined)),
    lost: signal<Trouble | undefined>(undefined),
    selected: signal<ReadonlyArray<ConnectionId>>([]),
    to: keptHere(`${name}.recipients`, "", isString),
    draft: makeDraft(name),
    panel: keptHere<Panel>(`${name}.panel`, "peers", isOneOf(panels)),
    drawer: signal(false),
    address: keptHere(`${name}.address`, "127.0.0.1", isString),
    port: keptHere(`${name}.port`, "12345", isString),
    formTrouble: signal<Trouble | undefined>(undefined),
    formBusy: signal(false),
    choosing: signal<{ readonly endpoint?: string } | undefined>(undefined),
    further: signal<string | undefined>(undefined),
    tls: keptHere(`${name}.tls`, false, isBoolean),
    insecure: keptHere(`${name}.insecure`, false, isBoolean),
    serverName: keptHere(`${name}.serverName`, "", isString),
    reconnect: keptHere(`${name}.reconnect`, false, isBoolean),
    sendTrouble: signal<Trouble | undefined>(undefined),
    every: keptHere(`${name}.every`, "1000", isString),
    times: keptHere(`${name}.times`, "", isString),
    log: {
      view: keptHere<LogView>(`${name}.view`, "text", isOneOf(["text", "hex", "mixed", "both"])),
      query: keptHere(`${name}.query`, "", isString),
      kind: keptHere<(typeof filterKinds)[number]>(`${name}.filterKind`, "text", isOneOf(filterKinds)),
      direction: keptHere<(typeof filterDirections)[number]>(`${name}.direction`, "all", isOneOf(filterDirections)),
      only: keptHere(`${name}.only`, true, isBoolean),
      paused: signal(false),
    },
  }
}

const models = new Map<number, WindowModel>()

export const modelOf = (tab: Tab): WindowModel => {
  const known = models.get(tab.tab)
  if (known !== undefined) return known
  const model = makeModel(tab)
  models.set(tab.tab, model)
  return model
}

/** Discards the models of closed windows. */
export const keepModels = (tabs: ReadonlyArray<Tab>): void => {
  for (const tab of models.keys()) {
    if (tabs.some((kept) => kept.tab === tab)) continue
    models.delete(tab)
    forget(`window${tab}.`)
  }
}

/** Watches the state of a window while the page shows the window. */
export const watchWindow = (model: WindowModel): Stop =>
  watch(
    (calls) => calls.State({ tab: model.tab }, { streamBufferSize }),
    (state) => {
      model.lost.value = undefined
      model.state.value = state
    },
    (trouble) => {
      model.lost.value = trouble
    },
  )

/** Executes a command in a window. */
export const tell = (model: WindowModel, command: Command, then: (answer: Answer<Outcome>) => void): Stop =>
  ask((calls) => calls.Do({ tab: model.tab, command }), then)

/**
 * The filter made of the selected clients, the direction and, with `withQuery`, the query. `undefined` matches every
 * row.
 */
export const filterOf = (model: WindowModel, withQuery: boolean): LogFilter | undefined => {
  const { query, kind, direction } = model.log
  const [first, ...others] = model.selected.value
  const asked = withQuery ? query.value.trim() : ""
  const filter: LogFilter = {
    ...(first === undefined ? {} : { clients: [first, ...others] as const }),
    ...(direction.value === "all" ? {} : { direction: direction.value }),
    ...(asked === "" ? {} : { [kind.value]: asked }),
    // The search uses the language in which the page shows the announcements.
    ...(asked === "" || kind.value === "hex" ? {} : { language: language.value }),
  }
  return Object.keys(filter).length === 0 ? undefined : filter
}

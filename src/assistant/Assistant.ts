import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import type * as Domain from "../domain/assistant/index.ts"
import type { Project } from "./project/Project.ts"

/** What one window holds: a server or a client, with its log, rules, repeats and macros. Every face works on this. */
export interface Assistant<State extends Domain.WindowState = Domain.WindowState> {
  readonly kind: "server" | "client"
  /** Carries a command out. It succeeds when the thing has happened, and fails with the reason why it has not. */
  readonly execute: (command: Domain.Command) => Effect.Effect<Domain.Outcome, Domain.Refusal>
  /** Reads a command in its written form, and carries it out. */
  readonly executeLine: (line: string) => Effect.Effect<Domain.Outcome, Domain.Refusal>
  /** The bytes that a payload would send now, and to how many clients. Nothing is sent. */
  readonly preview: (
    payload: Domain.PayloadSpec,
    to?: Domain.Recipients,
  ) => Effect.Effect<Domain.Preview, Domain.Refusal>
  /** What the window shows now. */
  readonly state: Effect.Effect<State>
  /** What the window shows: now, and then whenever it has changed, at most ten times a second. */
  readonly states: Stream.Stream<State>
  /** Some of the connected clients. A client assistant has none. */
  readonly clients: (request: Domain.ClientsRequest) => Effect.Effect<Domain.ClientsPage, Domain.Refusal>
  /** Rates of the last ten minutes. */
  readonly rates: Effect.Effect<Domain.RateHistory>
  readonly log: AssistantLog
  /** The rules, repeats and macros that a project file keeps. */
  readonly project: Effect.Effect<Project>
  /**
   * Takes the rules, repeats and macros of a project in place of those that are there. A repeat of the project that runs
   * already goes on. Where one of them cannot be used, the project is refused and everything stays as it was.
   */
  readonly loadProject: (project: Project) => Effect.Effect<void, Domain.Refusal>
}

/** The events of a window in order, bounded by bytes. Reading it never holds up a socket. */
export interface AssistantLog {
  readonly extent: Effect.Effect<Domain.LogExtent>
  /**
   * How far the log reaches, or the matches of a filter: now, and then whenever that has changed, at most ten times a
   * second. While the stream runs, `rows` with the same filter reads what it has found.
   */
  readonly extents: (filter?: Domain.LogFilter) => Stream.Stream<Domain.LogExtent, Domain.Refusal>
  /** The rows of a range that are still kept. */
  readonly rows: (request: Domain.RowsRequest) => Effect.Effect<ReadonlyArray<Domain.LogRow>, Domain.Refusal>
  /** All bytes of one frame. Refused when the row has none, or has fallen out. */
  readonly bytes: (row: number) => Effect.Effect<Uint8Array, Domain.Refusal>
  /**
   * The log as a file: `text` and `hex` as the rows are shown, `ndjson` as events, `raw` as the received bytes. It ends at
   * the row that is the last one when it begins. Announcements are in `language`, which is `en` by default.
   */
  readonly save: (
    format: LogFormat,
    filter?: Domain.LogFilter,
    language?: Domain.LogLanguage,
  ) => Stream.Stream<Uint8Array, Domain.Refusal>
  /** Records frames, and a server the announcements of its connections, for as long as the scope is open. Counters of bytes run without that. */
  readonly record: Effect.Effect<void, never, Scope.Scope>
}

export const logFormats = ["text", "hex", "ndjson", "raw"] as const
export type LogFormat = (typeof logFormats)[number]

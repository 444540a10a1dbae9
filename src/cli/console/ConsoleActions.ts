import * as fs from "node:fs"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Stream from "effect/Stream"
import type { Assistant } from "../../assistant/index.ts"
import * as Domain from "../../domain/assistant/index.ts"
import { escapeControls, formatBytes, formatConnectionId, formatMillis } from "../../domain/index.ts"
import { formatIso, formatTime } from "../output/format.ts"
import type { RowFeed } from "./RowFeed.ts"
import { type Action, type ConsoleSettings, type Listing, readInput } from "./readInput.ts"
import type { Palette } from "./rowText.ts"
import { wordsFor } from "./words.ts"

// Clients that /clients lists.
const mostClients = 200

/** What the actions of a console work on. */
export interface ActionParts {
  readonly assistant: Assistant
  readonly palette: Palette
  readonly feed: RowFeed
  /** Shows lines of the console itself; they are not in the log. */
  readonly print: (text: string) => void
  readonly ending: Domain.LineEnding | undefined
}

/** Carries out input lines. */
export class ConsoleActions {
  private readonly parts: ActionParts
  private to = "@all"
  private ending: Domain.LineEnding | undefined
  private checksum: Domain.ChecksumSpec | undefined
  /** The endpoint of the last connection that was asked for. */
  private dialled: string | undefined

  constructor(parts: ActionParts) {
    this.parts = parts
    this.ending = parts.ending
  }

  /** What stands before the input line. */
  get prompt(): string {
    return this.parts.assistant.kind === "server" && this.to !== "@all" ? `${this.to}> ` : "> "
  }

  private get settings(): ConsoleSettings {
    const { checksum, ending, to } = this
    return { to, ending, checksum }
  }

  /** Whether a line must not wait for the commands before it: it ends what they wait for. */
  isUrgent(line: string): boolean {
    return /^\/(disconnect|quit|drain|cancel|stop|help)\b/.test(line)
  }

  /** Carries out a line, and shows what came of it. */
  run(line: string): Effect.Effect<void> {
    return Effect.suspend(() => {
      const read = readInput(line, this.parts.assistant.kind, this.settings)
      return Effect.catchAll(Either.isLeft(read) ? read.left : this.act(read.right), (refusal) =>
        Effect.sync(() => this.refuse(refusal)),
      )
    })
  }

  /** Sends lines one after another, each as a payload of its own. */
  runEach(lines: ReadonlyArray<string>): Effect.Effect<void> {
    return Effect.forEach(lines, (line) => this.run(line.startsWith("/") ? `/${line}` : line), { discard: true })
  }

  private refuse({ advice, message }: Domain.Refusal): void {
    const { palette, print } = this.parts
    print(
      palette.yellow(escapeControls(message)) +
        (advice === undefined ? "" : palette.dim(`\n  ${escapeControls(advice)}`)),
    )
  }

  private say(text: string): Effect.Effect<void> {
    return Effect.sync(() => this.parts.print(this.parts.palette.dim(text)))
  }

  private act(action: Action): Effect.Effect<void, Domain.Refusal> {
    const { assistant, feed } = this.parts
    switch (action._tag) {
      case "Nothing":
        return Effect.void
      case "Do":
        return this.execute(action.command)
      case "List":
        return Effect.flatMap(assistant.state, (state) => this.say(listText(action.what, state)))
      case "Clients":
        return this.listClients(action.filter)
      case "Help":
        return this.help(action.word)
      case "To":
        this.to = action.to
        return this.say(`typed lines go to ${action.to}`)
      case "View":
        feed.view = action.view
        return this.say(`frames are shown as ${action.view === "both" ? "hex and text" : action.view}`)
      case "Ending":
        this.ending = action.ending
        return this.say(`line ending of typed lines: ${action.ending}`)
      case "Checksum":
        this.checksum = action.checksum
        return this.say(`checksum: ${action.checksum?.kind ?? "none"}`)
      case "Filter":
        return Effect.zipRight(
          feed.setFilter(action.filter),
          this.say(
            action.filter === undefined ? "all rows are shown" : "only matching rows are shown; /filter shows all",
          ),
        )
      case "FilterClients":
        return this.filterClients(action.to)
      case "Save":
        return this.save(action.format, action.path)
      case "Again":
        return this.again
    }
  }

  private execute(command: Domain.Command): Effect.Effect<void, Domain.Refusal> {
    if (command._tag === "Connect") this.dialled = command.endpoint
    return Effect.flatMap(this.parts.assistant.execute(command), (outcome) => {
      const text = outcomeText(outcome)
      return text === undefined ? Effect.void : this.say(text)
    })
  }

  private get again(): Effect.Effect<void, Domain.Refusal> {
    return Effect.gen(this, function* () {
      const { assistant } = this.parts
      const state = yield* assistant.state
      const endpoint = this.dialled ?? (state._tag === "ClientWindow" ? state.endpoint : undefined)
      if (endpoint === undefined) {
        return yield* new Domain.Refusal({
          reason: "value",
          message: "no endpoint was connected to yet",
          advice: "/connect HOST:PORT",
        })
      }
      if (state._tag === "ClientWindow" && state.phase !== "disconnected") {
        yield* assistant.execute({ _tag: "Disconnect" })
      }
      yield* this.execute({ _tag: "Connect", endpoint })
    })
  }

  private listClients(filter: string): Effect.Effect<void, Domain.Refusal> {
    const request = { from: 0, count: mostClients, sort: "id" as const, ...(filter === "" ? {} : { filter }) }
    return Effect.flatMap(this.parts.assistant.clients(request), ({ matching, rows, total }) => {
      if (total === 0) return this.say("no client is connected")
      const more = matching > rows.length ? [`… ${matching - rows.length} more`] : []
      const head = matching === total ? [] : [`${matching} of ${total} clients`]
      return this.say([...head, ...rows.map(clientText), ...more].join("\n"))
    })
  }

  private filterClients(to: string): Effect.Effect<void, Domain.Refusal> {
    return Effect.gen(this, function* () {
      const { rows } = yield* this.parts.assistant.clients({ from: 0, count: 1000, filter: to })
      const [first, ...more] = rows.map(({ id }) => id)
      if (first === undefined)
        return yield* new Domain.Refusal({ reason: "nobody", message: `${to} matches no client` })
      yield* this.parts.feed.setFilter({ clients: [first, ...more] })
      yield* this.say(
        `only rows of ${[first, ...more].map(formatConnectionId).join(", ")} are shown; /filter shows all`,
      )
    })
  }

  private save(format: Parameters<Assistant["log"]["save"]>[0], path: string): Effect.Effect<void, Domain.Refusal> {
    const failed = (error: unknown) =>
      new Domain.Refusal({
        reason: "file",
        message: `${path}: ${error instanceof Error ? error.message : String(error)}`,
      })
    const write = Effect.acquireUseRelease(
      Effect.try({ try: () => fs.createWriteStream(path, { flags: "wx", mode: 0o600 }), catch: failed }),
      (file) =>
        Effect.gen(this, function* () {
          let length = 0
          yield* Stream.runForEach(this.parts.assistant.log.save(format), (bytes) =>
            Effect.async<void, Domain.Refusal>((resume) => {
              length += bytes.length
              file.write(bytes, (error) => resume(error == null ? Effect.void : Effect.fail(failed(error))))
            }),
          )
          yield* this.say(`saved ${formatBytes(length)} to ${path}`)
        }),
      (file) => Effect.sync(() => void file.end()),
    )
    return write
  }

  private help(word: string | undefined): Effect.Effect<void, Domain.Refusal> {
    const words = wordsFor(this.parts.assistant.kind)
    if (word === undefined) {
      const width = Math.max(...words.map((one) => one.word.length)) + 3
      const lines = words.map((one) => `${`/${one.word}`.padEnd(width)}${one.what}`)
      return this.say(
        [...lines, "A line without a slash is sent as it stands; // at the start sends a slash."].join("\n"),
      )
    }
    const found = words.find((one) => one.word === word)
    if (found === undefined) {
      const message = `/${word} is no command${Domain.suggestion(
        word,
        words.map((one) => one.word),
      )}`
      return Effect.fail(new Domain.Refusal({ reason: "unknown", message, advice: "/help lists the commands" }))
    }
    return this.say(`${found.form}\n  ${found.what}\n  such as: ${found.example}`)
  }
}

const unmatchedText = (unmatched: ReadonlyArray<string>): string | undefined =>
  unmatched.length === 0 ? undefined : `${unmatched.join(", ")} matched no client`

const outcomeText = (outcome: Domain.Outcome): string | undefined => {
  switch (outcome._tag) {
    case "SentTo":
      return unmatchedText(outcome.unmatched)
    case "Applied": {
      const done =
        outcome.to.length === 0 ? "nothing changed" : `done for ${outcome.to.map(formatConnectionId).join(", ")}`
      return [done, unmatchedText(outcome.unmatched)].filter((part) => part !== undefined).join("; ")
    }
    case "RepeatStarted":
      return `repeat ${outcome.repeat} runs; /cancel ${outcome.repeat} ends it`
    case "Cancelled":
      return outcome.repeats.length === 0 ? "no repeat runs" : `ended: repeat ${outcome.repeats.join(", ")}`
    case "ListeningStopped":
      return outcome.ended === 0 ? undefined : `${outcome.ended} connections ended`
    default:
      return undefined
  }
}

const clientText = (client: Domain.ClientRow): string => {
  const marks = [
    ...(client.name === "" ? [] : [client.name]),
    ...client.tags.map((tag) => `tag:${tag}`),
    ...(client.state === "open" ? [] : [client.state]),
    ...(client.paused ? ["paused"] : []),
    ...(client.tls === "" ? [] : [client.tls]),
  ]
  const head = `${formatConnectionId(client.id)} ${client.remote}${marks.length === 0 ? "" : ` (${marks.join(", ")})`}`
  const pending = client.pending === 0 ? "" : `, ${formatBytes(client.pending)} pending`
  return `${head} since ${formatTime(client.since)}, ${formatBytes(client.bytesIn)} in, ${formatBytes(client.bytesOut)} out${pending}`
}

const listText = (what: Listing, state: Domain.WindowState): string => {
  switch (what) {
    case "repeats": {
      const lines = state.repeats.map(
        ({ intervalMillis, of, problem, repeat, sent, what: command }) =>
          `${repeat}: every ${formatMillis(intervalMillis)}, sent ${sent}${of === undefined ? "" : ` of ${of}`}: ${command}${problem === undefined ? "" : ` (${problem})`}`,
      )
      return lines.length === 0 ? "no repeat runs" : lines.join("\n")
    }
    case "rules": {
      const lines = state.rules.map(
        ({ acted, problem, rule }) =>
          `${Domain.formatCommand({ _tag: "AddRule", rule })}: acted ${acted} times${problem === undefined ? "" : ` (${problem})`}`,
      )
      return lines.length === 0 ? "there is no rule" : lines.join("\n")
    }
    case "macros": {
      const lines = state.macros.map((macro) => Domain.formatCommand({ _tag: "SaveMacro", macro }))
      return lines.length === 0 ? "there is no macro" : lines.join("\n")
    }
    case "stats": {
      const { bytesIn, bytesOut, framesIn, framesOut, rateIn, rateOut } = state.traffic
      const { bytes, dropped, first, limit, next } = state.log
      return [
        `at ${formatIso(state.at)}`,
        `in:  ${formatBytes(bytesIn)}, ${framesIn} frames, ${formatBytes(rateIn)}/s`,
        `out: ${formatBytes(bytesOut)}, ${framesOut} frames, ${formatBytes(rateOut)}/s`,
        `log: ${next - first} rows, ${formatBytes(bytes)} of ${formatBytes(limit)}; ${dropped} rows dropped`,
      ].join("\n")
    }
  }
}

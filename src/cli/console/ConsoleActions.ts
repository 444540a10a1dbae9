import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type { Assistant } from "../../assistant/index.ts"
import * as Domain from "../../domain/assistant/index.ts"
import { escapeControls, formatBytes, formatConnectionId } from "../../domain/index.ts"
import type { Palette } from "../output/theme.ts"
import { clientText, listText, outcomeText, remoteClientText } from "./answers.ts"
import type { RowFeed } from "./RowFeed.ts"
import { type Action, type ConsoleSettings, readInput } from "./readInput.ts"
import { saveLog } from "./saveLog.ts"
import { type TypedForm, typedEnding } from "./typedForm.ts"
import { wordsFor } from "./words.ts"

// The maximum number of clients that /clients lists.
const mostClients = 200

/** The parts of a console that its actions use. */
export interface ActionParts {
  readonly assistant: Assistant
  readonly palette: Palette
  readonly feed: RowFeed
  /** Shows lines that are not rows of the log. */
  readonly print: (lines: ReadonlyArray<string>) => void
  readonly form: TypedForm
}

/** Splits a message into lines, and escapes all control characters but the line ends. */
const linesOf = (text: string): ReadonlyArray<string> => text.split("\n").map(escapeControls)

/** Runs input lines. */
export class ConsoleActions {
  private readonly parts: ActionParts
  private to = "@all"
  private form: TypedForm
  /** The endpoint of the last command to connect. */
  private dialled: string | undefined

  constructor(parts: ActionParts) {
    this.parts = parts
    this.form = parts.form
  }

  /** The text before the input line. */
  get prompt(): string {
    return this.parts.assistant.kind === "server" && this.to !== "@all" ? `${escapeControls(this.to)}> ` : "> "
  }

  private get settings(): ConsoleSettings {
    const { checksum, isHex } = this.form
    return { to: this.to, ending: typedEnding(this.form), checksum, isHex }
  }

  /**
   * Whether the command in a line runs before the waiting commands, because it can end the command that they wait for.
   */
  isUrgent(line: string): boolean {
    return /^\/(disconnect|quit|drain|cancel|stop|help)\b/.test(line)
  }

  /** Runs a line, and shows its result. */
  run(line: string): Effect.Effect<void> {
    return Effect.suspend(() => {
      const read = readInput(line, this.parts.assistant.kind, this.settings)
      return Effect.catchAll(Either.isLeft(read) ? read.left : this.act(read.right), (refusal) =>
        Effect.sync(() => this.refuse(refusal)),
      )
    })
  }

  /** Sends lines in their order, each as one payload. A `/` at the start is sent as well. */
  runEach(lines: ReadonlyArray<string>): Effect.Effect<void> {
    return Effect.forEach(lines, (line) => this.run(line.startsWith("/") ? `/${line}` : line), { discard: true })
  }

  private refuse({ advice, message, reason }: Domain.Refusal): void {
    const { feed, palette, print } = this.parts
    // The log already has a row for the failure: with the message of a failure to listen, and with the message and the
    // advice of a failure to connect.
    if (feed.showsAnnouncements && reason === "connect") return
    print([
      ...(feed.showsAnnouncements && reason === "listen" ? [] : linesOf(message).map(palette.problem)),
      ...(advice === undefined ? [] : linesOf(advice).map((line) => palette.dim(`  ${line}`))),
    ])
  }

  private say(...lines: ReadonlyArray<string>): Effect.Effect<void> {
    const { palette, print } = this.parts
    return Effect.sync(() => print(lines.map((line) => palette.dim(escapeControls(line)))))
  }

  private act(action: Action): Effect.Effect<void, Domain.Refusal> {
    const { assistant, feed } = this.parts
    switch (action._tag) {
      case "Nothing":
        return Effect.void
      case "Do":
        return this.execute(action.command)
      case "List":
        return Effect.flatMap(assistant.state, (state) => this.say(...listText(action.what, state)))
      case "Clients":
        return this.listClients(action.filter)
      case "Help":
        return this.help(action.word)
      case "To":
        this.to = action.to
        return this.say(`typed lines go to ${action.to}`)
      case "View":
        feed.view = action.view
        return this.say(`frames are shown as ${action.view === "both" ? "a dump of hex and ASCII" : action.view}`)
      case "Ending":
        this.form = { ...this.form, ending: action.ending }
        return this.say(`line ending of typed lines: ${action.ending}`)
      case "Checksum":
        this.form = { ...this.form, checksum: action.checksum }
        return this.say(`checksum: ${action.checksum?.kind ?? "none"}`)
      case "Filter":
        return this.filter(action.filter)
      case "Save":
        return Effect.flatMap(saveLog(assistant.log.save(action.format), action.path), (length) =>
          this.say(`saved ${formatBytes(length)} to ${action.path}`),
        )
      case "Again":
        return this.again
    }
  }

  private execute(command: Domain.Command): Effect.Effect<void, Domain.Refusal> {
    if (command._tag === "Connect") this.dialled = command.endpoint
    return Effect.flatMap(this.parts.assistant.execute(command), (outcome) => {
      // These commands end the console, so they need no message about their success.
      const isLeaving = command._tag === "Quit" || command._tag === "Drain"
      const text = isLeaving ? undefined : outcomeText(outcome)
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
    return Effect.flatMap(this.parts.assistant.clients(request), ({ matching, remote, rows, total }) => {
      const others = [...remote.rows.map(remoteClientText), ...moreText(remote, "more of other servers")]
      if (total === 0 && others.length === 0) return this.say("no client is connected")
      const head =
        total === 0 ? ["no client is connected here"] : matching === total ? [] : [`${matching} of ${total} clients`]
      return this.say(...head, ...rows.map(clientText), ...moreText({ matching, rows }, "more"), ...others)
    })
  }

  private filter(written: Domain.WrittenFilter | undefined): Effect.Effect<void, Domain.Refusal> {
    const { assistant, feed } = this.parts
    return Effect.gen(this, function* () {
      if (written?.clients === undefined) {
        yield* feed.setFilter(written?.filter)
        return yield* this.say(
          written === undefined ? "all rows are shown" : "only matching rows are shown; /filter shows all",
        )
      }
      const to = Domain.formatRecipients(written.clients)
      const { rows } = yield* assistant.clients({ from: 0, count: 1000, filter: to })
      const [first, ...more] = rows.map(({ id }) => id)
      if (first === undefined)
        return yield* new Domain.Refusal({ reason: "nobody", message: `${to} matches no client` })
      yield* feed.setFilter({ ...written.filter, clients: [first, ...more] })
      const which = Object.keys(written.filter).length === 0 ? "rows" : "matching rows"
      yield* this.say(
        `only ${which} of ${[first, ...more].map(formatConnectionId).join(", ")} are shown; /filter shows all`,
      )
    })
  }

  private help(word: string | undefined): Effect.Effect<void, Domain.Refusal> {
    const words = wordsFor(this.parts.assistant.kind)
    if (word === undefined) {
      const width = Math.max(...words.map((one) => one.word.length)) + 3
      const lines = words.map((one) => `${`/${one.word}`.padEnd(width)}${one.what}`)
      return this.say(...lines, "A line without a slash is sent as it stands; // at the start sends a slash.")
    }
    const found = words.find((one) => one.word === word)
    if (found === undefined) {
      const message = `/${word} is not a command${Domain.suggestion(
        word,
        words.map((one) => one.word),
      )}`
      return Effect.fail(new Domain.Refusal({ reason: "unknown", message, advice: "/help lists the commands" }))
    }
    return this.say(found.form, `  ${found.what}`, `  such as: ${found.example}`)
  }
}

const moreText = (
  { matching, rows }: { readonly matching: number; readonly rows: ReadonlyArray<unknown> },
  words: string,
): ReadonlyArray<string> => (matching > rows.length ? [`… ${matching - rows.length} ${words}`] : [])

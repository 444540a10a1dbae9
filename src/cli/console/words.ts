import type { Assistant } from "../../assistant/index.ts"
import * as Domain from "../../domain/assistant/index.ts"

/** One command of the console. */
export interface ConsoleWord {
  readonly word: string
  /** The syntax: a part in `[ ]` is optional, `|` separates alternatives, and words in capitals are values. */
  readonly form: string
  /** The effect of the command, as a sentence without a full stop. */
  readonly what: string
  readonly example: string
  readonly kind: "server" | "client" | "both"
}

const payload = "[@RECIPIENTS] [text|hex|base64|file] CONTENT"

/** The commands that only a console has, or whose syntax in a console differs from that of the assistant. */
const ownWords: ReadonlyArray<ConsoleWord> = [
  {
    word: "to",
    form: "/to @RECIPIENTS",
    what: "sets the clients that get typed lines; the prompt shows them",
    example: "/to @plc-1",
    kind: "server",
  },
  {
    word: "clients",
    form: "/clients [FILTER]",
    what: "lists the connected clients",
    example: "/clients @tag:line2",
    kind: "server",
  },
  {
    word: "name",
    form: "/name RECIPIENT NAME",
    what: "gives a client a name",
    example: "/name @3 plc-1",
    kind: "server",
  },
  {
    word: "rst",
    form: "/rst [@RECIPIENTS]",
    what: "ends connections at once with RST",
    example: "/rst @3",
    kind: "both",
  },
  {
    word: "text",
    form: "/text [@RECIPIENTS] TEXT",
    what: "sends a text with escapes and variables",
    example: "/text hello\\x00\\r\\n",
    kind: "both",
  },
  {
    word: "hex",
    form: "/hex [@RECIPIENTS] DIGITS",
    what: "sends bytes in hex",
    example: "/hex 01 03 00 0A 00 02",
    kind: "both",
  },
  {
    word: "base64",
    form: "/base64 [@RECIPIENTS] TEXT",
    what: "sends bytes in base64",
    example: "/base64 aGVsbG8=",
    kind: "both",
  },
  {
    word: "file",
    form: "/file [@RECIPIENTS] PATH",
    what: "sends a file as one payload",
    example: "/file ./firmware.bin",
    kind: "both",
  },
  {
    word: "repeat",
    form: `/repeat TIME [times=N] ${payload}`,
    what: "sends a payload again and again",
    example: "/repeat 1s hex 01 03 00 0A 00 02",
    kind: "both",
  },
  { word: "repeats", form: "/repeats", what: "lists the repeats that run", example: "/repeats", kind: "both" },
  { word: "rules", form: "/rules", what: "lists the rules", example: "/rules", kind: "both" },
  { word: "macros", form: "/macros", what: "lists the macros", example: "/macros", kind: "both" },
  {
    word: "macro",
    form: `/macro NAME [${payload}]`,
    what: "saves a payload under a name; without a payload, sends the macro of that name",
    example: "/macro poll hex 01 03 00 0A 00 02",
    kind: "both",
  },
  {
    word: "view",
    form: "/view text|hex|mixed|both",
    what: "shows frames as text, as hex, as text with <HH> for other bytes, or as a dump of hex and ASCII",
    example: "/view hex",
    kind: "both",
  },
  {
    word: "eol",
    form: "/eol none|lf|crlf|cr",
    what: "sets the line ending of typed lines",
    example: "/eol crlf",
    kind: "both",
  },
  {
    word: "checksum",
    form: "/checksum NAME|none",
    what: "appends a checksum to what is sent",
    example: "/checksum modbus",
    kind: "both",
  },
  {
    word: "filter",
    form: "/filter [@RECIPIENTS] [in|out|announcement] [TEXT|/REGEX/|hex DIGITS|text TEXT]",
    what: "shows only the rows of some clients, of a direction, or with a text, an expression or bytes; without a word, all rows",
    example: "/filter @3 in /^ERR/",
    kind: "both",
  },
  {
    word: "log",
    form: "/log [text|hex|ndjson|raw] FILE",
    what: "saves the log to a file",
    example: "/log ndjson session.ndjson",
    kind: "both",
  },
  { word: "stats", form: "/stats", what: "shows the counters and rates", example: "/stats", kind: "both" },
  {
    word: "help",
    form: "/help [COMMAND]",
    what: "lists the commands, or explains one",
    example: "/help repeat",
    kind: "both",
  },
  {
    word: "listen",
    form: "/listen [ENDPOINT]",
    what: "listens on an endpoint; without one, where the command was started",
    example: "/listen 0.0.0.0:9000",
    kind: "server",
  },
  {
    word: "connect",
    form: "/connect [ENDPOINT]",
    what: "connects to an endpoint; without one, to the last one",
    example: "/connect plc-1:502",
    kind: "client",
  },
  {
    word: "reconnect",
    form: "/reconnect",
    what: "disconnects, and connects to the same endpoint again",
    example: "/reconnect",
    kind: "client",
  },
]

const examples: Readonly<Record<string, string>> = {
  stop: "/stop keep",
  disconnect: "/disconnect",
  send: "/send @3 hello",
  broadcast: "/broadcast hello",
  cancel: "/cancel 1",
  rename: "/rename @3 plc-1",
  tag: "/tag @3 line2",
  untag: "/untag @3 line2",
  kick: "/kick @3",
  reset: "/reset @3",
  "half-close": "/half-close @3",
  pause: "/pause @3",
  resume: "/resume @3",
  encoding: "/encoding gbk",
  rule: "/rule hello when contains login reply welcome",
  unrule: "/unrule hello",
  unmacro: "/unmacro poll",
  run: "/run poll",
  suspend: "/suspend",
  clear: "/clear",
  reload: "/reload",
  drain: "/drain",
  quit: "/quit",
}

/** All commands of the console, sorted by their words. */
export const consoleWords: ReadonlyArray<ConsoleWord> = [
  ...ownWords,
  ...Domain.commandHelp
    .filter(({ verb }) => !ownWords.some(({ word }) => word === verb))
    .map(({ form, kind, verb, what }) => ({
      word: verb,
      form: `/${form}`,
      what,
      example: examples[verb] ?? `/${verb}`,
      kind,
    })),
].sort((a, b) => (a.word < b.word ? -1 : 1))

/** The commands of one kind of window. */
export const wordsFor = (kind: Assistant["kind"]): ReadonlyArray<ConsoleWord> =>
  consoleWords.filter((word) => word.kind === "both" || word.kind === kind)

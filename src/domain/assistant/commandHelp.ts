/** One command in words. */
export interface CommandHelp {
  readonly verb: string
  /** Its written form: `[ ]` may be left out, `|` is a choice, words in capitals stand for values. */
  readonly form: string
  /** What it does, as a sentence without its full stop. */
  readonly what: string
  readonly kind: "server" | "client" | "both"
}

const payload = "[text|hex|base64|file] [SETTING=VALUE …] [--] CONTENT"

/** All commands, in the order in which a help text shows them. */
export const commandHelp: ReadonlyArray<CommandHelp> = [
  { verb: "listen", form: "listen ENDPOINT", what: "listens on an endpoint", kind: "server" },
  {
    verb: "stop",
    form: "stop [ENDPOINT] [keep|close|reset]",
    what: "closes a listener, or all; keeps the connected clients unless told otherwise",
    kind: "server",
  },
  {
    verb: "connect",
    form: "connect ENDPOINT [tls=yes|no] [insecure=yes|no] [name=NAME] [reconnect=yes|no]",
    what: "connects to a server",
    kind: "client",
  },
  {
    verb: "disconnect",
    form: "disconnect [close|reset]",
    what: "ends the connection, in order or at once",
    kind: "client",
  },
  { verb: "send", form: `send [@RECIPIENTS] ${payload}`, what: "sends a payload", kind: "both" },
  { verb: "broadcast", form: `broadcast ${payload}`, what: "sends a payload to every client", kind: "server" },
  {
    verb: "repeat",
    form: `repeat every=TIME [times=N] [@RECIPIENTS] ${payload}`,
    what: "sends a payload again and again",
    kind: "both",
  },
  { verb: "cancel", form: "cancel [N]", what: "ends a repeat, or all", kind: "both" },
  { verb: "rename", form: "rename RECIPIENT NAME", what: 'gives a client a name; "" takes it away', kind: "server" },
  { verb: "tag", form: "tag RECIPIENTS TAG", what: "tags clients", kind: "server" },
  { verb: "untag", form: "untag RECIPIENTS TAG", what: "takes a tag from clients", kind: "server" },
  { verb: "kick", form: "kick RECIPIENTS [reset]", what: "closes connections, in order or at once", kind: "server" },
  { verb: "reset", form: "reset [RECIPIENTS]", what: "ends connections at once, with RST", kind: "both" },
  { verb: "half-close", form: "half-close [RECIPIENTS]", what: "sends FIN; receiving goes on", kind: "both" },
  { verb: "pause", form: "pause [RECIPIENTS]", what: "reads nothing more; TCP holds the peer back", kind: "both" },
  {
    verb: "resume",
    form: "resume [RECIPIENTS]",
    what: "reads on; a server without recipients accepts again",
    kind: "both",
  },
  {
    verb: "encoding",
    form: "encoding [@RECIPIENTS] NAME [in|out|both]",
    what: "sets the encoding of what is received and sent",
    kind: "both",
  },
  {
    verb: "rule",
    form: "rule NAME when MATCH [from RECIPIENTS] [after TIME] [times N] [on|off] ACTION [then ACTION …]",
    what: "answers by itself; replaces the rule of that name",
    kind: "both",
  },
  { verb: "unrule", form: "unrule NAME", what: "takes a rule away", kind: "both" },
  { verb: "macro", form: `macro NAME [@RECIPIENTS] ${payload}`, what: "keeps a payload under a name", kind: "both" },
  { verb: "unmacro", form: "unmacro NAME", what: "takes a macro away", kind: "both" },
  { verb: "run", form: "run NAME [RECIPIENTS]", what: "sends the payload of a macro", kind: "both" },
  { verb: "suspend", form: "suspend", what: "refuses new connections, while the ports stay", kind: "server" },
  { verb: "clear", form: "clear", what: "drops the rows of the log", kind: "both" },
  { verb: "reload", form: "reload", what: "reads the files of access rules and TLS again", kind: "server" },
  { verb: "drain", form: "drain", what: "ends everything in order, then leaves", kind: "both" },
  { verb: "quit", form: "quit", what: "leaves", kind: "both" },
]

/** The verbs of the commands. */
export const commandVerbs: ReadonlyArray<string> = commandHelp.map(({ verb }) => verb)

/** What a face answers by itself, in the words of the console and of the control socket. Nothing changes by it. */
export const questionHelp: ReadonlyArray<CommandHelp> = [
  { verb: "state", form: "state", what: "tells where it listens and which clients are there", kind: "both" },
  { verb: "help", form: "help [COMMAND]", what: "tells the commands, or the form of one", kind: "both" },
]

/** The help of one verb. */
export const helpOf = (verb: string): CommandHelp | undefined =>
  [...commandHelp, ...questionHelp].find((help) => help.verb === verb)

/** A question to a face. */
export type Question = { readonly _tag: "State" } | { readonly _tag: "Help"; readonly verb: string | undefined }

/** Reads a line as a question; nothing where it is none, and is to be read as a command. */
export const parseQuestion = (line: string): Question | undefined => {
  const [word = "", verb, ...more] = line.trim().replace(/^\//, "").split(/\s+/)
  if (word === "state" && verb === undefined) return { _tag: "State" }
  return (word === "help" || word === "?") && more.length === 0 ? { _tag: "Help", verb } : undefined
}

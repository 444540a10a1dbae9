/** The help of one command. */
export interface CommandHelp {
  readonly verb: string
  /** The written form: `[ ]` is optional, `|` separates alternatives, words in capitals stand for values. */
  readonly form: string
  /** What the command does, as a sentence without its subject and its full stop. */
  readonly what: string
  readonly kind: "server" | "client" | "both"
}

const payload = "[text|hex|base64|file] [SETTING=VALUE …] [--] CONTENT"

/** All commands, in the order of a help text. */
export const commandHelp: ReadonlyArray<CommandHelp> = [
  { verb: "listen", form: "listen ENDPOINT", what: "listens on an endpoint", kind: "server" },
  {
    verb: "stop",
    form: "stop [ENDPOINT] [keep|close|reset]",
    what: "closes a listener, or all; keeps the connected clients by default",
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
    what: "closes the connection gracefully, or resets it",
    kind: "client",
  },
  { verb: "send", form: `send [@RECIPIENTS] ${payload}`, what: "sends a payload", kind: "both" },
  { verb: "broadcast", form: `broadcast ${payload}`, what: "sends a payload to every client", kind: "server" },
  {
    verb: "repeat",
    form: `repeat every=TIME [times=N] [@RECIPIENTS] ${payload}`,
    what: "sends a payload repeatedly",
    kind: "both",
  },
  { verb: "cancel", form: "cancel [N]", what: "ends a repeat, or all", kind: "both" },
  { verb: "rename", form: "rename RECIPIENT NAME", what: 'gives a client a name; "" removes the name', kind: "server" },
  { verb: "tag", form: "tag RECIPIENTS TAG", what: "tags clients", kind: "server" },
  { verb: "untag", form: "untag RECIPIENTS TAG", what: "removes a tag from clients", kind: "server" },
  {
    verb: "kick",
    form: "kick RECIPIENTS [reset]",
    what: "closes connections gracefully, or resets them",
    kind: "server",
  },
  { verb: "reset", form: "reset [RECIPIENTS]", what: "ends connections at once with RST", kind: "both" },
  { verb: "half-close", form: "half-close [RECIPIENTS]", what: "sends FIN; receiving goes on", kind: "both" },
  {
    verb: "pause",
    form: "pause [RECIPIENTS]",
    what: "stops reading; TCP back-pressure then stops the peer",
    kind: "both",
  },
  {
    verb: "resume",
    form: "resume [RECIPIENTS]",
    what: "reads again; without recipients, a server accepts connections again",
    kind: "both",
  },
  {
    verb: "encoding",
    form: "encoding [@RECIPIENTS] NAME [in|out|both]",
    what: "sets the encoding of received and sent text",
    kind: "both",
  },
  {
    verb: "rule",
    form: "rule NAME when MATCH [from RECIPIENTS] [after TIME] [times N] [on|off] ACTION [then ACTION …]",
    what: "adds a rule that acts on received frames, or replaces the rule of that name",
    kind: "both",
  },
  { verb: "unrule", form: "unrule NAME", what: "removes a rule", kind: "both" },
  { verb: "macro", form: `macro NAME [@RECIPIENTS] ${payload}`, what: "saves a payload under a name", kind: "both" },
  { verb: "unmacro", form: "unmacro NAME", what: "removes a macro", kind: "both" },
  { verb: "run", form: "run NAME [RECIPIENTS]", what: "sends the payload of a macro", kind: "both" },
  { verb: "suspend", form: "suspend", what: "refuses new connections, but keeps the ports", kind: "server" },
  { verb: "clear", form: "clear", what: "removes all rows of the log", kind: "both" },
  { verb: "reload", form: "reload", what: "reads the files of access rules and TLS again", kind: "server" },
  { verb: "drain", form: "drain", what: "closes all connections gracefully, then exits", kind: "both" },
  { verb: "quit", form: "quit", what: "exits", kind: "both" },
]

/** The verbs of the commands. */
export const commandVerbs: ReadonlyArray<string> = commandHelp.map(({ verb }) => verb)

/** The questions that a user interface answers. A question changes nothing. */
export const questionHelp: ReadonlyArray<CommandHelp> = [
  { verb: "state", form: "state", what: "shows the listening endpoints and the clients", kind: "both" },
  { verb: "help", form: "help [COMMAND]", what: "shows the commands, or the form of one command", kind: "both" },
]

/** Returns the help of one verb. */
export const helpOf = (verb: string): CommandHelp | undefined =>
  [...commandHelp, ...questionHelp].find((help) => help.verb === verb)

/** A question to a user interface. */
export type Question = { readonly _tag: "State" } | { readonly _tag: "Help"; readonly verb: string | undefined }

/** Reads a line as a question. Returns `undefined` if the line is not a question. */
export const parseQuestion = (line: string): Question | undefined => {
  const [word = "", verb, ...more] = line.trim().replace(/^\//, "").split(/\s+/)
  if (word === "state" && verb === undefined) return { _tag: "State" }
  return (word === "help" || word === "?") && more.length === 0 ? { _tag: "Help", verb } : undefined
}

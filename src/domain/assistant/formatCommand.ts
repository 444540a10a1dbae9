import * as Either from "effect/Either"
import type { Command, ConnectOptions } from "./Command.ts"
import { formatMillisExactly } from "./durationText.ts"
import { formatWord } from "./LineReader.ts"
import type { PayloadSpec } from "./Payload.ts"
import { formatPayload, formatSetting } from "./payloadText.ts"
import type { Recipients } from "./Recipients.ts"
import { formatRecipients, parseRecipients } from "./recipientsText.ts"
import { formatRule } from "./ruleText.ts"

const endsOfStop = ["keep", "close", "reset"]

const words = (...parts: ReadonlyArray<string | undefined>): string =>
  parts.filter((part) => part !== undefined).join(" ")

const toText = (to: Recipients | undefined) => to && formatRecipients(to)

const content = (payload: PayloadSpec) => formatPayload(payload, { last: true, actions: [] })

const yesOrNo = (key: string, value: boolean | undefined) =>
  value === undefined ? undefined : `${key}=${value ? "yes" : "no"}`

const connectOptions = ({
  insecure,
  reconnect,
  serverName,
  tls,
}: ConnectOptions): ReadonlyArray<string | undefined> => [
  yesOrNo("tls", tls),
  yesOrNo("insecure", insecure),
  serverName === undefined ? undefined : formatSetting("name", serverName),
  yesOrNo("reconnect", reconnect),
]

/** Writes the recipients of a macro. A macro stores them as text; a text without a leading `@` is rewritten with it. */
const keptRecipients = (text: string | undefined): string | undefined =>
  text === undefined || text.startsWith("@")
    ? text
    : Either.match(parseRecipients(text), { onLeft: () => text, onRight: formatRecipients })

/**
 * Writes a command in one line that `parseCommand` reads back. The line omits fields without an effect: empty options
 * of `connect`, and `ignoreCase: false`.
 */
export const formatCommand = (command: Command): string => {
  switch (command._tag) {
    case "Listen":
      return words("listen", formatWord(command.endpoint))
    case "StopListening":
      return words(
        "stop",
        command.endpoint === undefined ? undefined : formatWord(command.endpoint, endsOfStop),
        command.clients,
      )
    case "Connect":
      return words("connect", formatWord(command.endpoint), ...connectOptions(command.options ?? {}))
    case "Disconnect":
      return words("disconnect", command.how)
    case "Send":
      return words("send", toText(command.to), content(command.payload))
    case "Broadcast":
      return words("broadcast", content(command.payload))
    case "Repeat":
      return words(
        "repeat",
        `every=${formatMillisExactly(command.interval)}`,
        command.count === undefined ? undefined : `times=${command.count}`,
        toText(command.to),
        content(command.payload),
      )
    case "Cancel":
      return words("cancel", command.repeat?.toString())
    case "Rename":
      return words("rename", formatRecipients(command.to), formatWord(command.name))
    case "Tag":
      return words("tag", formatRecipients(command.to), formatWord(command.tag))
    case "Untag":
      return words("untag", formatRecipients(command.to), formatWord(command.tag))
    case "Kick":
      return words("kick", formatRecipients(command.to))
    case "Reset":
      return words("reset", toText(command.to))
    case "HalfClose":
      return words("half-close", toText(command.to))
    case "Pause":
      return words("pause", toText(command.to))
    case "Resume":
      return words("resume", toText(command.to) ?? "reading")
    case "SetEncoding":
      return words("encoding", toText(command.to), formatWord(command.encoding), command.direction)
    case "AddRule":
      return words("rule", formatRule(command.rule))
    case "RemoveRule":
      return words("unrule", formatWord(command.name))
    case "SaveMacro":
      return words(
        "macro",
        formatWord(command.macro.name),
        keptRecipients(command.macro.to),
        content(command.macro.payload),
      )
    case "RemoveMacro":
      return words("unmacro", formatWord(command.name))
    case "RunMacro":
      return words("run", formatWord(command.name), toText(command.to))
    case "SuspendAccepting":
      return "suspend"
    case "ResumeAccepting":
      return "resume accepting"
    case "ClearLog":
      return "clear"
    case "Reload":
      return "reload"
    case "Drain":
      return "drain"
    case "Quit":
      return "quit"
  }
}

import {
  ask,
  bytesOf,
  type Dialogue,
  type Exchange,
  found,
  lineIn,
  missing,
  more,
  type Read,
  refused,
} from "./dialogue.ts"

// SMTP, FTP and POP3: the server greets, and answers each command with lines.

interface Reply {
  readonly code: string
  readonly lines: ReadonlyArray<string>
}

/**
 * Reads a reply of SMTP or FTP (RFC 5321, section 4.2; RFC 959, section 4.2). The last line has the code of the first
 * and a space. FTP lets the lines between begin with any text.
 */
const readReply = (bytes: Uint8Array): Read<Reply> => {
  const lines: Array<string> = []
  let code: string | undefined
  for (let at = 0; ; ) {
    const next = lineIn(bytes, at)
    if (next === undefined) return more
    const start = /^(\d{3})(?:([ -])|$)/.exec(next.line)
    if (code === undefined && start === null) return { _tag: "Invalid", sent: next.line }
    code ??= start?.[1] ?? ""
    lines.push(next.line)
    at = next.next
    if (start?.[1] === code && start[2] !== "-") return found({ code, lines }, at)
  }
}

const textOf = ({ lines }: Reply): string => lines.join(" / ")

const command = (line: string): Exchange<Reply> => ({
  send: bytesOf(`${line}\r\n`),
  awaits: `its answer to ${line.split(" ", 1)[0]}`,
  read: readReply,
})

const greeting: Exchange<Reply> = { awaits: "its greeting", read: readReply }

/** STARTTLS of SMTP (RFC 3207). `client`: the address of this client as an address literal (RFC 5321, section 4.1.3). */
export function* smtp(client: string): Dialogue {
  const greeted = yield* ask(greeting)
  if (greeted.code !== "220") return refused("the connection", textOf(greeted))
  const offered = yield* ask(command(`EHLO ${client}`))
  if (offered.code !== "250") return refused("EHLO", textOf(offered))
  if (!offered.lines.some((line) => /^250[ -]STARTTLS\b/i.test(line))) return missing("STARTTLS", textOf(offered))
  const answer = yield* ask(command("STARTTLS"))
  return answer.code === "220" ? undefined : refused("STARTTLS", textOf(answer))
}

/** AUTH TLS of FTP (RFC 4217). Only the control connection changes to TLS. */
export function* ftp(): Dialogue {
  // A server that is not ready says 120 first, and greets later.
  let greeted = yield* ask(greeting)
  while (greeted.code === "120") greeted = yield* ask(greeting)
  if (greeted.code !== "220") return refused("the connection", textOf(greeted))
  const answer = yield* ask(command("AUTH TLS"))
  return answer.code === "234" ? undefined : refused("AUTH TLS", textOf(answer))
}

const readStatus = (bytes: Uint8Array): Read<string> => {
  const next = lineIn(bytes)
  if (next === undefined) return more
  return /^(\+OK|-ERR)/.test(next.line) ? found(next.line, next.next) : { _tag: "Invalid", sent: next.line }
}

/** STLS of POP3 (RFC 2595). */
export function* pop3(): Dialogue {
  const greeted = yield* ask({ awaits: "its greeting", read: readStatus })
  if (!greeted.startsWith("+OK")) return refused("the connection", greeted)
  const answer = yield* ask({ send: bytesOf("STLS\r\n"), awaits: "its answer to STLS", read: readStatus })
  return answer.startsWith("+OK") ? undefined : refused("STLS", answer)
}

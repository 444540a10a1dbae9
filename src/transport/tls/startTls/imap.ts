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

// STARTTLS of IMAP (RFC 9051, section 6.2.1).

interface Answer {
  /** The lines that begin with `*`. */
  readonly untagged: ReadonlyArray<string>
  /** The line that ends the answer, without the tag. */
  readonly status: string
}

const readGreeting = (bytes: Uint8Array): Read<string> => {
  const next = lineIn(bytes)
  if (next === undefined) return more
  return next.line.startsWith("* ") ? found(next.line, next.next) : { _tag: "Invalid", sent: next.line }
}

const readAnswer =
  (tag: string) =>
  (bytes: Uint8Array): Read<Answer> => {
    const untagged: Array<string> = []
    for (let at = 0; ; ) {
      const next = lineIn(bytes, at)
      if (next === undefined) return more
      at = next.next
      if (next.line.startsWith(`${tag} `)) return found({ untagged, status: next.line.slice(tag.length + 1) }, at)
      if (!next.line.startsWith("* ")) return { _tag: "Invalid", sent: next.line }
      // The server ends the connection, and answers nothing more.
      if (/^\* BYE\b/i.test(next.line)) return found({ untagged, status: next.line }, at)
      untagged.push(next.line)
    }
  }

const command = (tag: string, name: string): Exchange<Answer> => ({
  send: bytesOf(`${tag} ${name}\r\n`),
  awaits: `its answer to ${name}`,
  read: readAnswer(tag),
})

const isOk = ({ status }: Answer): boolean => /^OK\b/i.test(status)

export function* imap(): Dialogue {
  const greeting = yield* ask({ awaits: "its greeting", read: readGreeting })
  // After PREAUTH a client cannot begin TLS, because the commands before it may be an attacker's.
  if (!/^\* OK\b/i.test(greeting)) return refused("the connection", greeting)
  const capability = yield* ask(command("a1", "CAPABILITY"))
  if (!isOk(capability)) return refused("CAPABILITY", capability.status)
  const offers = capability.untagged.filter((line) => /^\* CAPABILITY\b/i.test(line)).join(" ")
  if (!/\bSTARTTLS\b/i.test(offers)) return missing("STARTTLS", offers)
  const answer = yield* ask(command("a2", "STARTTLS"))
  return isOk(answer) ? undefined : refused("STARTTLS", answer.status)
}

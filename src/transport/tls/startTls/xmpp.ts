import { ask, bytesOf, type Dialogue, found, missing, more, type Read, refused } from "./dialogue.ts"

// STARTTLS of XMPP (RFC 6120, section 5). The dialogue looks for tags in the text and needs no parser of XML: the only
// answers that lead to TLS are whole elements of fixed form.

const namespace = "urn:ietf:params:xml:ns:xmpp-tls"

const escaped = (text: string): string => text.replace(/[&<>'"]/g, (character) => `&#${character.charCodeAt(0)};`)

const opening = (host: string): string =>
  `<?xml version='1.0'?><stream:stream to='${escaped(host)}' version='1.0' xmlns='jabber:client' ` +
  "xmlns:stream='http://etherx.jabber.org/streams'>"

/** Reads up to the end of the first match. Anything but XML is invalid. */
const readUntil =
  (end: RegExp) =>
  (bytes: Uint8Array): Read<string> => {
    // In latin1 the offset in the text is the offset in the bytes.
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1")
    if (/^\s*[^\s<]/.test(text)) return { _tag: "Invalid", sent: text }
    const match = end.exec(text)
    if (match === null) return more
    const length = match.index + match[0].length
    return found(new TextDecoder().decode(bytes.subarray(0, length)), length)
  }

const closing = "</stream:stream\\s*>"
const features = new RegExp(`<stream:features\\s*/>|</stream:features\\s*>|</stream:error\\s*>|${closing}`)
// A tag contains no `<`. With `[^>]*`, the search would take seconds in a long answer with many tags without an end.
const outcome = new RegExp(
  `<proceed\\b[^<>]*/>|<proceed\\b[^<>]*>\\s*</proceed\\s*>|<failure\\b[^<>]*/>|</failure\\s*>|</stream:error\\s*>|${closing}`,
)

/** `host`: the domain of the server. */
export function* xmpp(host: string): Dialogue {
  const offered = yield* ask({
    send: bytesOf(opening(host)),
    awaits: "its stream features",
    read: readUntil(features),
  })
  if (/<stream:error\b/.test(offered)) return refused("the stream", offered)
  if (!offered.includes("<starttls") || !offered.includes(namespace)) return missing("STARTTLS", offered)
  const answer = yield* ask({
    send: bytesOf(`<starttls xmlns='${namespace}'/>`),
    awaits: "its answer to starttls",
    read: readUntil(outcome),
  })
  return /^\s*<proceed\b/.test(answer) && answer.includes(namespace) ? undefined : refused("starttls", answer)
}

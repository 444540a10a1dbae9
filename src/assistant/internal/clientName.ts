import { type Endpoint, escapeControls, type TlsSession } from "../../domain/index.ts"

/** The maximum length of a name that comes from the client, in characters. */
export const longestOwnName = 32

/**
 * Makes a name from text that a client sent. Control characters are escaped, and the characters with a meaning in a
 * list of recipients (`@`, `!`, `,` and quotation marks) are removed or replaced. The name is empty if no character is
 * left.
 */
export const cleanName = (text: string): string => {
  const plain = escapeControls(text.trim())
    .replace(/^[@!\s]+/u, "")
    .replace(/[",]/gu, "_")
  return [...plain].slice(0, longestOwnName).join("").trim()
}

/** The common name of a certificate, or else its first alternative name. Empty if the client presented none. */
export const certificateName = (tls: TlsSession | undefined): string => {
  const { subject = "", subjectAltName = "" } = tls?.peer ?? {}
  const common = /(?:^|[,+]\s*)CN=((?:\\.|[^\\,+])*)/su.exec(subject)?.[1]
  const alternative = /^[^:]+:\s*([^,]*)/u.exec(subjectAltName)?.[1]
  return cleanName(common?.replace(/\\(.)/gsu, "$1") ?? alternative ?? "")
}

/** The IP address of a client, without its port. Empty for a unix socket. */
export const addressName = (remote: Endpoint): string => (remote._tag === "Tcp" ? cleanName(remote.host) : "")

// The dialogues that change a connection to TLS, without I/O. A dialogue is a generator: it yields what to send and how
// to read the answer, gets the answer, and returns its failure, or `undefined` when TLS can begin.

/** The result of reading an answer from the bytes that have arrived. */
export type Read<A> =
  | { readonly _tag: "More" }
  | { readonly _tag: "Found"; readonly value: A; readonly length: number }
  | { readonly _tag: "Invalid"; readonly sent: string }

/** One exchange of a dialogue. */
export interface Exchange<A> {
  /** The bytes to send first. Without them the server speaks first. */
  readonly send?: Uint8Array
  /** The answer, in words: "its answer to EHLO". */
  readonly awaits: string
  /** Reads the answer from the bytes that have arrived. They can be cut at any place. */
  readonly read: (bytes: Uint8Array) => Read<A>
}

/** The codes of the failures. `describeTlsFailure` has a text for each. */
export type FailureCode =
  | "ERR_STARTTLS_REFUSED"
  | "ERR_STARTTLS_MISSING"
  | "ERR_STARTTLS_INVALID"
  | "ERR_STARTTLS_INJECTED"
  | "ERR_STARTTLS_CLOSED"
  | "ERR_STARTTLS_TIMEOUT"

/** The failure of a dialogue. `problem` is a sentence about the server, such as "it refuses ...". */
export interface Failure {
  readonly code: FailureCode
  readonly problem: string
}

export type Dialogue = Generator<Exchange<unknown>, Failure | undefined, unknown>

/** Yields an exchange and returns its answer, with the type of the answer. */
export function* ask<A>(exchange: Exchange<A>): Generator<Exchange<unknown>, A, unknown> {
  // The driver resumes a generator only with a value that `read` of the same exchange has found.
  return (yield exchange) as A
}

export const more: Read<never> = { _tag: "More" }

export const found = <A>(value: A, length: number): Read<A> => ({ _tag: "Found", value, length })

export const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)

const longestShown = 200

/** A text of the server, short enough for a message. */
export const shortened = (text: string): string => {
  const line = text.trim()
  return line.length > longestShown ? `${line.slice(0, longestShown)}…` : line
}

/** The server refused, with its answer. */
export const refused = (what: string, answer: string): Failure => ({
  code: "ERR_STARTTLS_REFUSED",
  problem: `it refused ${what}: ${shortened(answer)}`,
})

/** The server does not offer TLS. `answer`: what it offers instead. */
export const missing = (name: string, answer: string): Failure => ({
  code: "ERR_STARTTLS_MISSING",
  problem: `it does not offer ${name}: ${shortened(answer)}`,
})

/** The first line of some bytes without its end, and its length with the end. `undefined` without a whole line. */
export const lineIn = (bytes: Uint8Array, from = 0): { readonly line: string; readonly next: number } | undefined => {
  const end = bytes.indexOf(10, from)
  if (end < 0) return undefined
  return { line: new TextDecoder().decode(bytes.subarray(from, end)).replace(/\r$/, ""), next: end + 1 }
}

const mostLength = 64

/** A name that fits into a subject of NATS as one token, and into `@node/3`. */
const pattern = /^[A-Za-z0-9_-]{1,64}$/

const isName = (text: string): boolean => pattern.test(text)

const write = (name: string, into: Uint8Array, at: number): number => {
  for (let index = 0; index < name.length; index++) into[at + index] = name.charCodeAt(index)
  return at + name.length
}

const read = (bytes: Uint8Array): string | undefined => {
  if (bytes.length > mostLength) return undefined
  const name = String.fromCharCode(...bytes)
  return isName(name) ? name : undefined
}

const alphabet = "abcdefghijkmnpqrstuvwxyz23456789"

/** Makes a name from random numbers from 0 to 1. */
const random = (next: () => number): string =>
  Array.from({ length: 6 }, () => alphabet[Math.floor(next() * alphabet.length)] ?? "a").join("")

/** Names of nodes: 1 to 64 letters, digits, "-" and "_". */
export const NodeName = { isName, write, read, random }

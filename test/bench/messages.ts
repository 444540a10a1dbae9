const alphabet = Buffer.from("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz+-", "latin1")

const digits = new Int8Array(256).fill(-1)
alphabet.forEach((character, value) => {
  digits[character] = value
})

export const lineFeed = 10
/** Bytes of publisher and sequence. */
export const headBytes = 9
const publisherBytes = 2

const readDigits = (bytes: Uint8Array, from: number, to: number): number => {
  let number = 0
  for (let at = from; at < to; at++) {
    const value = digits[bytes[at] ?? 0] ?? -1
    if (value < 0) return -1
    number = number * 64 + value
  }
  return number
}

const writeDigits = (into: Uint8Array, from: number, to: number, number: number): void => {
  let left = number
  for (let at = to - 1; at >= from; at--) {
    into[at] = alphabet[left % 64] ?? 0
    left = Math.floor(left / 64)
  }
}

/** The publisher of a message. A negative number means that the head is unreadable. */
export const publisherOf = (message: Uint8Array): number => readDigits(message, 0, publisherBytes)

/** The sequence number of a message. A negative number means that the head is unreadable. */
export const sequenceOf = (message: Uint8Array): number => readDigits(message, publisherBytes, headBytes)

/**
 * Makes a message exactly as `bench/load/messages.c` does: publisher, sequence, filler that follows from both, line feed.
 */
export const messageOf = (size: number, publisher: number, sequence: number): Buffer => {
  const start = (publisher * 7 + (sequence % 64) * 13 + headBytes) % 64
  const message = Buffer.alloc(size)
  writeDigits(message, 0, publisherBytes, publisher)
  writeDigits(message, publisherBytes, headBytes, sequence)
  for (let at = headBytes; at < size - 1; at++) message[at] = alphabet[(start + at - headBytes) % 64] ?? 0
  message[size - 1] = lineFeed
  return message
}

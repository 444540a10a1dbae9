import * as Either from "effect/Either"

/** Encodes and decodes text in one encoding. */
export interface TextCoder {
  /** The name of the encoding, one of `encodingNames`. */
  readonly name: string
  /** Returns the bytes of a text, or the offset of the first character that the encoding lacks. */
  readonly encode: (text: string) => Either.Either<Uint8Array, number>
  /** Makes a decoder for one stream of bytes. */
  readonly decoder: () => TextStreamDecoder
}

/**
 * Decodes a stream. Malformed bytes become U+FFFD. An incomplete character is buffered until later bytes complete it.
 */
export interface TextStreamDecoder {
  readonly write: (bytes: Uint8Array) => string
  /** Ends the stream and returns an incomplete character as U+FFFD. The decoder can then decode a new stream. */
  readonly end: () => string
}

/** Returns the offset of the first lone surrogate, which no encoding can represent, or -1. */
export const loneSurrogate = (text: string): number =>
  text.search(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/)

const streamOf = (label: string): TextStreamDecoder => {
  // `ignoreBOM` keeps a byte order mark in the text.
  const decoder = new TextDecoder(label, { ignoreBOM: true })
  return { write: (bytes) => decoder.decode(bytes, { stream: true }), end: () => decoder.decode() }
}

const encoder = new TextEncoder()

/** UTF-8 (RFC 3629). */
export const utf8Coder: TextCoder = {
  name: "utf-8",
  encode: (text) => {
    const lone = loneSurrogate(text)
    return lone < 0 ? Either.right(encoder.encode(text)) : Either.left(lone)
  },
  decoder: () => streamOf("utf-8"),
}

/**
 * ISO 8859-1: the value of each byte is the code point of its character. `TextDecoder("latin1")` decodes windows-1252.
 */
export const latin1Coder: TextCoder = {
  name: "latin1",
  encode: (text) => {
    const bytes = new Uint8Array(text.length)
    for (let at = 0; at < text.length; at++) {
      const unit = text.charCodeAt(at)
      if (unit > 0xff) return Either.left(at)
      bytes[at] = unit
    }
    return Either.right(bytes)
  },
  decoder: () => ({ write: latin1Text, end: () => "" }),
}

const latin1Text = (bytes: Uint8Array): string => {
  let text = ""
  // The stack limits the number of arguments of `fromCharCode`, so the text is built in parts.
  for (let at = 0; at < bytes.length; at += 4096) text += String.fromCharCode(...bytes.subarray(at, at + 4096))
  return text
}

const utf16Coder = (name: "utf-16le" | "utf-16be"): TextCoder => ({
  name,
  encode: (text) => {
    const lone = loneSurrogate(text)
    if (lone >= 0) return Either.left(lone)
    const bytes = new Uint8Array(2 * text.length)
    const view = new DataView(bytes.buffer)
    for (let at = 0; at < text.length; at++) view.setUint16(2 * at, text.charCodeAt(at), name === "utf-16le")
    return Either.right(bytes)
  },
  decoder: () => streamOf(name),
})

/** UTF-16, little-endian. */
export const utf16leCoder: TextCoder = utf16Coder("utf-16le")
/** UTF-16, big-endian. */
export const utf16beCoder: TextCoder = utf16Coder("utf-16be")

interface Search {
  readonly call: (bytes: Uint8Array, byte: number, from: number) => number
}

type IndexOfByte = (bytes: Uint8Array, byte: number, from: number) => number

const make = (): IndexOfByte => {
  const { Buffer } = globalThis as { readonly Buffer?: { readonly prototype: { readonly indexOf: unknown } } }
  // `search` is local to this function: a bundler can turn a constant of a module into a variable, and V8 compiles a
  // direct call of a constant only.
  const search = (Buffer?.prototype.indexOf ?? Uint8Array.prototype.indexOf) as Search
  return (bytes, byte, from) => search.call(bytes, byte, from)
}

/**
 * Returns the offset of the first `byte` at or after `from`, or -1. Node's `Buffer` searches with memchr(3), which
 * takes a sixteenth of the time of `Uint8Array` in long arrays, and accepts every `Uint8Array`. A browser has no
 * `Buffer`.
 */
export const indexOfByte: IndexOfByte = make()

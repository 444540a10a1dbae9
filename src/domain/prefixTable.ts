import type { IpWords } from "./ipWords.ts"

const noMatch = -1

// The table grows in chunks, because copying a large array into a larger one would block the event loop.
const chunkBits = 13
const chunkSize = 1 << chunkBits
const inChunk = chunkSize - 1

interface Chunk {
  readonly keys: Uint32Array
  readonly lengths: Uint8Array
  readonly notes: Uint32Array
}

// The finalizer of MurmurHash3: each bit of the input changes half of the bits of the result on average.
const mixed = (word: number): number => {
  let hash = word
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return hash ^ (hash >>> 16)
}

/** Returns the mask of a prefix of `bits` bits for the word `index`. */
const maskOf = (bits: number, index: number): number => {
  const fixed = bits - 32 * index
  return fixed >= 32 ? -1 : fixed <= 0 ? 0 : -1 << (32 - fixed)
}

/**
 * Prefixes of one address family in typed arrays. A prefix uses `4 * words + 5` bytes, and 8 to 16 bytes in a hash
 * table. A look-up probes the hash table once per prefix length that occurs: at most 33 times for IPv4 and 129 times
 * for IPv6, for any number of prefixes. `index` must run after the last `add` and before the first `find`.
 */
export class PrefixTable {
  /** The number of prefixes. The prefixes are numbered from 0 in the order of `add`. */
  count = 0
  private readonly words: number
  private readonly chunks: Array<Chunk> = []
  private slots = new Uint32Array(1)
  /** The distinct lengths of the prefixes, bits. */
  private occurring: ReadonlyArray<number> = []
  private readonly wanted: Uint32Array

  constructor(words: 1 | 4) {
    this.words = words
    this.wanted = new Uint32Array(words)
  }

  /** Adds a prefix and returns its number. The address bits after the prefix are ignored. */
  add(address: IpWords, bits: number): number {
    const { words } = this
    const number = this.count++
    if (number >> chunkBits === this.chunks.length) {
      this.chunks.push({
        keys: new Uint32Array(chunkSize * words),
        lengths: new Uint8Array(chunkSize),
        notes: new Uint32Array(chunkSize),
      })
    }
    const { keys, lengths } = this.chunkOf(number)
    const at = number & inChunk
    for (let index = 0; index < words; index++) {
      keys[at * words + index] = (address[index] as number) & maskOf(bits, index)
    }
    lengths[at] = bits
    return number
  }

  /** Sets the note of a prefix: a number that the owner of the table defines. */
  setNote(number: number, note: number): void {
    this.chunkOf(number).notes[number & inChunk] = note
  }

  /** Builds the hash table. Yields after every `perSlice` prefixes. */
  *index(perSlice: number): Generator<undefined, void> {
    const { count, wanted, words } = this
    let size = 1
    while (size < count * 2) size *= 2
    this.slots = new Uint32Array(size)
    const occurs = new Set<number>()
    for (let number = 0; number < count; number++) {
      const { keys, lengths } = this.chunkOf(number)
      const at = number & inChunk
      const bits = lengths[at] as number
      occurs.add(bits)
      for (let index = 0; index < words; index++) wanted[index] = keys[at * words + index] as number
      const slot = this.slotOf(bits)
      // Of several equal prefixes, the hash table contains only the first.
      if (this.slots[slot] === 0) this.slots[slot] = number + 1
      if (number % perSlice === perSlice - 1) yield
    }
    this.occurring = [...occurs]
  }

  /** Returns the number of the first added prefix that contains the address, or -1. */
  find(address: IpWords): number {
    const { slots, wanted, words } = this
    let found = noMatch
    for (const bits of this.occurring) {
      for (let index = 0; index < words; index++) wanted[index] = (address[index] as number) & maskOf(bits, index)
      const number = (slots[this.slotOf(bits)] as number) - 1
      if (number !== noMatch && (found === noMatch || number < found)) found = number
    }
    return found
  }

  /** Returns the prefix that has the number. */
  at(number: number): { readonly address: IpWords; readonly bits: number; readonly note: number } {
    const { keys, lengths, notes } = this.chunkOf(number)
    const at = number & inChunk
    return {
      address: keys.subarray(at * this.words, (at + 1) * this.words),
      bits: lengths[at] as number,
      note: notes[at] as number,
    }
  }

  private chunkOf(number: number): Chunk {
    return this.chunks[number >> chunkBits] as Chunk
  }

  /** Returns the slot of the prefix in `wanted`, or the empty slot for it. */
  private slotOf(bits: number): number {
    const { slots, wanted, words } = this
    const mask = slots.length - 1
    let hash = bits
    for (let index = 0; index < words; index++) hash = mixed(hash ^ (wanted[index] as number))
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const number = (slots[slot] as number) - 1
      if (number < 0) return slot
      const { keys, lengths } = this.chunkOf(number)
      const at = number & inChunk
      if (lengths[at] !== bits) continue
      let index = 0
      while (index < words && keys[at * words + index] === wanted[index]) index++
      if (index === words) return slot
    }
  }
}

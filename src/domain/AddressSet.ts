import type { AddressRange } from "./AddressRange.ts"
import { withoutZone } from "./ipAddress.ts"
import { formatIpWords, type IpWords, readIpWords, unmappedWords } from "./ipWords.ts"
import { PrefixTable } from "./prefixTable.ts"

/**
 * Work in slices of about a millisecond: each `yield` ends one. The caller decides what happens between two slices.
 */
export type Slices<A> = Generator<undefined, A>

/** Does all the work now. */
export const atOnce = <A>(slices: Slices<A>): A => {
  let step = slices.next()
  while (step.done !== true) step = slices.next()
  return step.value
}

/** Ranges of addresses, as they were read or compiled for look-ups. */
export type AddressRanges = ReadonlyArray<AddressRange> | AddressSet

const perSlice = 4096

// Texts of ranges stand in chunks of this size, and none is longer than an IPv6 address and its prefix.
const textChunkBytes = 64 * 1024

// How a range was written: as its address alone, with its prefix, or in a way of its own that is kept.
const bare = 0
const withPrefix = 1
const kept = 2

const wordsOf = (bytes: ReadonlyArray<number>): IpWords => {
  const words = new Uint32Array(bytes.length / 4)
  bytes.forEach((byte, index) => {
    words[index >> 2] = ((words[index >> 2] as number) << 8) | byte
  })
  return words
}

const decoder = new TextDecoder()

/**
 * Ranges compiled for look-ups. A look-up takes a few microseconds however many ranges there are; a range takes 13 to
 * 25 bytes of IPv4 and 25 to 37 of IPv6, and its text where that is not the usual one. An object is made for none.
 *
 * @example
 * import { Either } from "effect"
 * import { AddressSet, parseAddressRanges } from "tcpfx/domain"
 *
 * const set = AddressSet.from(Either.getOrThrow(parseAddressRanges("10.0.0.0/8, ::1")))
 * assert.equal(set.find("10.1.2.3"), "10.0.0.0/8")
 * assert.equal(set.find("192.0.2.7"), undefined)
 */
export class AddressSet {
  private readonly v4: PrefixTable
  private readonly v6: PrefixTable
  private readonly texts: ReadonlyArray<Uint8Array>

  /** Made by an {@link AddressSetBuilder}, or by {@link AddressSet.from}. */
  constructor(v4: PrefixTable, v6: PrefixTable, texts: ReadonlyArray<Uint8Array>) {
    this.v4 = v4
    this.v6 = v6
    this.texts = texts
  }

  /** Compiles ranges; gives a set as it is. */
  static from(ranges: AddressRanges): AddressSet {
    return ranges instanceof AddressSet ? ranges : atOnce(AddressSet.compile(ranges))
  }

  /** The same in slices, for very many ranges. */
  static *compile(ranges: AddressRanges): Slices<AddressSet> {
    if (ranges instanceof AddressSet) return ranges
    const builder = new AddressSetBuilder()
    for (const [index, range] of ranges.entries()) {
      builder.add(range)
      if (index % perSlice === perSlice - 1) yield
    }
    return yield* builder.build()
  }

  /** How many ranges it was made of. */
  get size(): number {
    return this.v4.count + this.v6.count
  }

  /**
   * The first range that has an IP address in it, as it was written. A mapped IPv4 address counts as the IPv4 address,
   * and a zone (`%eth0`) is left out. A name is in no range.
   */
  find(host: string): string | undefined {
    const read = readIpWords(withoutZone(host))
    if (read === undefined) return undefined
    const words = unmappedWords(read)
    const table = words.length === 1 ? this.v4 : this.v6
    return this.textAt(table, table.find(words))
  }

  private textAt(table: PrefixTable, number: number): string | undefined {
    if (number < 0) return undefined
    const { address, bits, note } = table.at(number)
    if (note < kept) return note === bare ? formatIpWords(address) : `${formatIpWords(address)}/${bits}`
    const chunk = this.texts[Math.floor((note - kept) / textChunkBytes)] as Uint8Array
    const from = (note - kept) % textChunkBytes
    return decoder.decode(chunk.subarray(from, chunk.indexOf(0, from)))
  }
}

/** Collects ranges one after the other, and keeps no object for any of them. */
export class AddressSetBuilder {
  private readonly v4 = new PrefixTable(1)
  private readonly v6 = new PrefixTable(4)
  private readonly texts: Array<Uint8Array> = []
  /** Where the next text goes in the last chunk. */
  private textAt = textChunkBytes

  /** Adds a range. Of all that have an address in them, the one that was added first is found. */
  add({ bits, network, text }: AddressRange): void {
    this.addWords(wordsOf(network.toByteArray()), bits, text)
  }

  /** The same of the words of its address; of a mapped IPv4 address they are those of IPv4. */
  addWords(words: IpWords, bits: number, text: string): void {
    const table = words.length === 1 ? this.v4 : this.v6
    const number = table.add(words, bits)
    const plain = formatIpWords(table.at(number).address)
    const isPlain = text === plain && bits === 32 * words.length
    table.setNote(number, isPlain ? bare : text === `${plain}/${bits}` ? withPrefix : this.keep(text))
  }

  /** Makes the set. The builder is of no use afterwards. */
  *build(): Slices<AddressSet> {
    yield* this.v4.index(perSlice)
    yield* this.v6.index(perSlice)
    return new AddressSet(this.v4, this.v6, this.texts)
  }

  /** Keeps a text, which is ASCII, with a zero behind it. */
  private keep(text: string): number {
    if (this.textAt + text.length >= textChunkBytes) {
      this.texts.push(new Uint8Array(textChunkBytes))
      this.textAt = 0
    }
    const chunk = this.texts.at(-1) as Uint8Array
    const note = (this.texts.length - 1) * textChunkBytes + this.textAt + kept
    for (let index = 0; index < text.length; index++) chunk[this.textAt++] = text.charCodeAt(index)
    this.textAt++
    return note
  }
}

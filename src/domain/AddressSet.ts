import type { AddressRange } from "./AddressRange.ts"
import { withoutZone } from "./hostText.ts"
import { formatIpWords, type IpWords, readIpWords, unmappedWords } from "./ipWords.ts"
import { PrefixTable } from "./prefixTable.ts"

/**
 * Long work in slices of about 1 ms. Each `yield` ends a slice. The caller can run other code before it starts the next
 * slice.
 */
export type Slices<A> = Generator<undefined, A>

/** Runs all slices without a break. */
export const atOnce = <A>(slices: Slices<A>): A => {
  let step = slices.next()
  while (step.done !== true) step = slices.next()
  return step.value
}

/** Address ranges: a list, or a set that is compiled for look-ups. */
export type AddressRanges = ReadonlyArray<AddressRange> | AddressSet

const perSlice = 4096

// The texts of ranges are stored in chunks of this size. The longest text is an IPv6 address with its prefix.
const textChunkBytes = 64 * 1024

// The note of a range records how the range was written. `bare`: the address alone. `withPrefix`: the address and the
// prefix. From `kept` up: the note minus `kept` is the position of the stored text.
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
 * Address ranges that are compiled for look-ups. A look-up needs a few microseconds for any number of ranges. A range
 * uses 13 to 25 bytes of memory for IPv4 and 25 to 37 bytes for IPv6, plus its text if the text is not in canonical
 * form.
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

  /**
   * Only {@link AddressSetBuilder} calls the constructor. A program calls {@link AddressSet.from}.
   *
   * @internal
   */
  constructor(v4: PrefixTable, v6: PrefixTable, texts: ReadonlyArray<Uint8Array>) {
    this.v4 = v4
    this.v6 = v6
    this.texts = texts
  }

  /** Compiles a list of ranges. Returns a set unchanged. */
  static from(ranges: AddressRanges): AddressSet {
    return ranges instanceof AddressSet ? ranges : atOnce(AddressSet.compile(ranges))
  }

  /** Compiles in slices, so that a long list does not block the event loop. */
  static *compile(ranges: AddressRanges): Slices<AddressSet> {
    if (ranges instanceof AddressSet) return ranges
    const builder = new AddressSetBuilder()
    for (const [index, range] of ranges.entries()) {
      builder.add(range)
      if (index % perSlice === perSlice - 1) yield
    }
    return yield* builder.build()
  }

  /** The number of ranges in the set. */
  get size(): number {
    return this.v4.count + this.v6.count
  }

  /**
   * Returns the text of the first range that contains an IP address, or `undefined`. A mapped IPv4 address counts as
   * IPv4, and a zone (`%eth0`) is ignored. No range contains a name.
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

/** Collects ranges for an {@link AddressSet} in typed arrays, without an object per range. */
export class AddressSetBuilder {
  private readonly v4 = new PrefixTable(1)
  private readonly v6 = new PrefixTable(4)
  private readonly texts: Array<Uint8Array> = []
  /** The offset of the next text in the last chunk. The initial value makes the first text add a chunk. */
  private textAt = textChunkBytes

  /** Adds a range. If several ranges contain an address, the set finds the one that was added first. */
  add({ bits, network, text }: AddressRange): void {
    this.addWords(wordsOf(network.toByteArray()), bits, text)
  }

  /**
   * Adds a range by the words of its address. The caller passes a mapped IPv4 address as its IPv4 word.
   *
   * @internal
   */
  addWords(words: IpWords, bits: number, text: string): void {
    const table = words.length === 1 ? this.v4 : this.v6
    const number = table.add(words, bits)
    const plain = formatIpWords(table.at(number).address)
    const isPlain = text === plain && bits === 32 * words.length
    table.setNote(number, isPlain ? bare : text === `${plain}/${bits}` ? withPrefix : this.keep(text))
  }

  /** Builds the set. The builder must not be used afterwards. */
  *build(): Slices<AddressSet> {
    yield* this.v4.index(perSlice)
    yield* this.v6.index(perSlice)
    return new AddressSet(this.v4, this.v6, this.texts)
  }

  /** Stores an ASCII text with a zero byte at its end. Returns the note for the text. */
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

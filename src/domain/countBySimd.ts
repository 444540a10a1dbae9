/** Counts the occurrences of `byte` in at most {@link mostSimdBytes} bytes; the length is a multiple of 16. */
export type CountBySimd = (bytes: Uint8Array, byte: number) => number

/** The size of a memory page of WebAssembly, bytes. */
export const mostSimdBytes = 65_536

/** The parts of WebAssembly that this file uses. The types of Node have none. */
interface WebAssemblyParts {
  readonly Module: new (bytes: Uint8Array) => object
  readonly Instance: new (
    module: object,
  ) => {
    readonly exports: {
      readonly memory: { readonly buffer: ArrayBuffer }
      readonly count: (length: number, byte: number) => number
    }
  }
}

// A number below 16384 as LEB128 with two bytes.
const size = (value: number): ReadonlyArray<number> => [(value & 127) | 128, value >> 7]
const section = (id: number, body: ReadonlyArray<number>): ReadonlyArray<number> => [id, ...size(body.length), ...body]
const name = (text: string): ReadonlyArray<number> => [text.length, ...Array.from(text, (one) => one.charCodeAt(0))]

// The local variables of `count`. The first two are its parameters.
const [length, byte, at, end, wanted, sums, total] = [0, 1, 2, 3, 4, 5, 6]
const get = (local: number): ReadonlyArray<number> => [0x20, local]
const set = (local: number): ReadonlyArray<number> => [0x21, local]
const simd = (...code: ReadonlyArray<number>): ReadonlyArray<number> => [0xfd, ...code]
const add = 0x6a
const lane = (number: number): ReadonlyArray<number> => [...get(total), ...simd(0x1b, number)]

const count: ReadonlyArray<number> = [
  // i32 at, end; v128 wanted, sums, total
  ...[2, 2, 0x7f, 3, 0x7b],
  // wanted = i8x16.splat(byte)
  ...[...get(byte), ...simd(0x0f), ...set(wanted)],
  // block, loop: ends when at >= length
  ...[0x02, 0x40, 0x03, 0x40, ...get(at), ...get(length), 0x4f, 0x0d, 1],
  // end = min(at + 16 * 255, length). A sum of eight bits does not overflow in 255 steps.
  ...[...get(at), 0x41, 0xf0, 0x1f, add, ...set(end)],
  ...[...get(end), ...get(length), ...get(end), ...get(length), 0x49, 0x1b, ...set(end)],
  // sums = 0
  ...[...simd(0x0c, ...Array.from({ length: 16 }, () => 0)), ...set(sums)],
  // loop: sums = i8x16.sub(sums, i8x16.eq(v128.load(at), wanted)). A match is -1.
  ...[
    0x03,
    0x40,
    ...get(sums),
    ...get(at),
    ...simd(0x00, 0, 0),
    ...get(wanted),
    ...simd(0x23),
    ...simd(0x71),
    ...set(sums),
  ],
  // at += 16; again while at < end
  ...[...get(at), 0x41, 16, add, ...set(at), ...get(at), ...get(end), 0x49, 0x0d, 0, 0x0b],
  // total = i32x4.add(total, the sums as four numbers of 32 bits); next block
  ...[
    ...get(total),
    ...get(sums),
    ...simd(0x7d),
    ...simd(0x7f),
    ...simd(0xae, 0x01),
    ...set(total),
    0x0c,
    0,
    0x0b,
    0x0b,
  ],
  // returns the sum of the four lanes
  ...[...lane(0), ...lane(1), add, ...lane(2), add, ...lane(3), add, 0x0b],
]

const makeModule = (): Uint8Array =>
  Uint8Array.from([
    // The magic number of WebAssembly, and its version 1.
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    // The type (i32, i32) -> i32; one function of this type; a memory of exactly one page.
    ...section(1, [1, 0x60, 2, 0x7f, 0x7f, 1, 0x7f]),
    ...section(3, [1, 0]),
    ...section(5, [1, 1, 1, 1]),
    ...section(7, [2, ...name("memory"), 2, 0, ...name("count"), 0, 0]),
    ...section(10, [1, ...size(count.length), ...count]),
  ])

/**
 * Makes a function that counts 16 bytes per instruction. With short lines, it takes a third of the time of a loop in
 * JavaScript, including the copy into the memory of WebAssembly. Returns `undefined` if the engine has no SIMD, or if a
 * policy or a limit of memory forbids WebAssembly.
 */
export const makeCountBySimd = (): CountBySimd | undefined => {
  try {
    const { Instance, Module } = Reflect.get(globalThis, "WebAssembly") as WebAssemblyParts
    const { exports } = new Instance(new Module(makeModule()))
    const memory = new Uint8Array(exports.memory.buffer)
    return (bytes, wanted) => {
      memory.set(bytes)
      return exports.count(bytes.length, wanted)
    }
  } catch {
    return undefined
  }
}

import * as Either from "effect/Either"
import { suggestion } from "../nearest.ts"
import { type Checksum, checksumAliases, checksums, crcChecksum } from "./checksumTable.ts"
import type { ChecksumSpec } from "./Payload.ts"
import type { Refusal } from "./Refusal.ts"
import { refuse } from "./refuse.ts"

/** The named checksums. A CRC without a name is written with its parameters: `crc:WIDTH,POLY,INIT,XOROUT,ref|noref`. */
export const checksumNames: ReadonlyArray<string> = [...checksums.keys()]

const field = "checksum"
const parametersForm = "crc:WIDTH,POLY,INIT,XOROUT,ref|noref"

/** Finds a checksum by its name, by an alias, or by the parameters of a CRC. */
export const findChecksum = (kind: string): Either.Either<Checksum, Refusal> => {
  // CRC-16/MODBUS, crc16_modbus and crc16-modbus must find the same checksum.
  const name = kind.trim().toLowerCase()
  if (name.startsWith("crc:")) return byParameters(name)
  const written = name.replace(/[_/\s]/g, "-").replace(/^crc-(?=[0-9])/, "crc")
  const found = checksums.get(checksumAliases.get(written) ?? written)
  if (found !== undefined) return Either.right(found)
  return refuse(
    "value",
    `${JSON.stringify(kind)} is not a checksum${suggestion(written, [...checksumNames, ...checksumAliases.keys()])}`,
    { field, advice: `A CRC can also be written by its parameters: ${parametersForm}.` },
  )
}

const byParameters = (kind: string): Either.Either<Checksum, Refusal> => {
  const bad = (problem: string) =>
    refuse("value", `${JSON.stringify(kind)} is not a CRC: ${problem}`, {
      field,
      advice: `Write ${parametersForm}: the width in bits from 1 to 32, the others in hex. MODBUS: crc:16,8005,ffff,0,ref.`,
    })
  const parts = kind
    .slice("crc:".length)
    .split(",")
    .map((part) => part.trim())
  const [width = "", poly = "", init = "", xorout = "", reflect = ""] = parts
  if (parts.length !== 5) return bad(`it has ${parts.length} parameters instead of 5`)
  const bits = /^[0-9]{1,2}$/.test(width) ? Number(width) : 0
  if (bits < 1 || bits > 32) return bad(`the width ${JSON.stringify(width)} is not a number from 1 to 32`)
  if (reflect !== "ref" && reflect !== "noref") return bad(`the last parameter is neither "ref" nor "noref"`)
  const numbers: Array<number> = []
  for (const [name, text] of [
    ["polynomial", poly],
    ["initial value", init],
    ["final XOR", xorout],
  ] as const) {
    const digits = /^(?:0x)?([0-9a-f]{1,8})$/.exec(text)?.[1]
    if (digits === undefined) return bad(`the ${name} ${JSON.stringify(text)} is not a hex number`)
    const value = Number.parseInt(digits, 16)
    if (value >= 2 ** bits) return bad(`the ${name} ${JSON.stringify(text)} has more than ${bits} bits`)
    numbers.push(value)
  }
  const [polyValue = 0, initValue = 0, xoroutValue = 0] = numbers
  return Either.right(
    crcChecksum({
      name: kind,
      width: bits,
      poly: polyValue,
      init: initValue,
      xorout: xoroutValue,
      reflect: reflect === "ref",
    }),
  )
}

/**
 * Appends a checksum to a payload, or writes it over bytes of the payload (`at`). The checksum covers the bytes from
 * `from` to `to`. If that range includes the overwritten bytes, the checksum covers their old values.
 *
 * @example
 * import { Either } from "effect"
 * import { Assistant } from "tcpfx/domain"
 *
 * assert.deepEqual(
 *   Assistant.applyChecksum(Uint8Array.of(1, 2, 3), { kind: "sum8" }),
 *   Either.right(Uint8Array.of(1, 2, 3, 6)),
 * )
 */
export const applyChecksum = (bytes: Uint8Array, spec: ChecksumSpec): Either.Either<Uint8Array, Refusal> =>
  Either.gen(function* () {
    const checksum = yield* findChecksum(spec.kind)
    const from = yield* place(bytes, "from", spec.from ?? 0)
    const to = yield* place(bytes, "to", spec.to ?? bytes.length)
    if (from > to) {
      return yield* refuse("payload", `the range of the checksum begins at byte ${from}, after its end at byte ${to}`, {
        field,
      })
    }
    const mark = numberBytes(checksum.compute(bytes.subarray(from, to)), checksum.width, spec.order ?? checksum.order)
    const at = spec.at === undefined ? bytes.length : yield* place(bytes, "at", spec.at)
    if (spec.at !== undefined && at + mark.length > bytes.length) {
      const message = `the ${mark.length} bytes of the checksum exceed the end of the payload of ${bytes.length} bytes`
      return yield* refuse("payload", `${message} (at=${spec.at})`, { field, advice: `Such as at=-${mark.length}.` })
    }
    const out = new Uint8Array(Math.max(bytes.length, at + mark.length))
    out.set(bytes)
    out.set(mark, at)
    return out
  })

/** Converts an offset, which counts from the end if it is negative, to an offset from the beginning. */
const place = (bytes: Uint8Array, name: string, offset: number): Either.Either<number, Refusal> => {
  const at = offset < 0 ? bytes.length + offset : offset
  return at >= 0 && at <= bytes.length
    ? Either.right(at)
    : refuse("payload", `${name}=${offset} lies outside the payload of ${bytes.length} bytes`, { field })
}

const numberBytes = (value: number, width: number, order: "big" | "little"): Uint8Array => {
  const bytes = Uint8Array.from({ length: width }, (_, index) => Math.floor(value / 2 ** (8 * index)) & 0xff)
  return order === "little" ? bytes : bytes.reverse()
}

import { describe, expect, it } from "@effect/vitest"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import { checksumAliases, checksums, crcModels } from "../../../src/domain/assistant/checksumTable.ts"
import { Assistant } from "../../../src/domain/index.ts"
import { runs } from "../../support/properties.ts"

const ascii = (text: string) => new TextEncoder().encode(text)
const digits = ascii("123456789")

/** The check values of the CRC RevEng catalogue: the CRC of the text 123456789. */
const catalogue: Readonly<Record<string, number>> = {
  modbus: 0x4b37,
  crc8: 0xf4,
  "crc8-autosar": 0xdf,
  "crc8-bluetooth": 0x26,
  "crc8-cdma2000": 0xda,
  "crc8-darc": 0x15,
  "crc8-dvb-s2": 0xbc,
  "crc8-gsm-a": 0x37,
  "crc8-gsm-b": 0x94,
  "crc8-hitag": 0xb4,
  "crc8-icode": 0x7e,
  "crc8-itu": 0xa1,
  "crc8-j1850": 0x4b,
  "crc8-lte": 0xea,
  "crc8-maxim": 0xa1,
  "crc8-mifare": 0x99,
  "crc8-nrsc5": 0xf7,
  "crc8-opensafety": 0x3e,
  "crc8-rohc": 0xd0,
  "crc8-tech3250": 0x97,
  "crc8-wcdma": 0x25,
  "crc16-a": 0xbf05,
  "crc16-arc": 0xbb3d,
  "crc16-aug-ccitt": 0xe5cc,
  "crc16-buypass": 0xfee8,
  "crc16-ccitt-false": 0x29b1,
  "crc16-cdma2000": 0x4c06,
  "crc16-cms": 0xaee7,
  "crc16-dds-110": 0x9ecf,
  "crc16-dect-r": 0x007e,
  "crc16-dect-x": 0x007f,
  "crc16-dnp": 0xea82,
  "crc16-en13757": 0xc2b7,
  "crc16-genibus": 0xd64e,
  "crc16-gsm": 0xce3c,
  "crc16-kermit": 0x2189,
  "crc16-lj1200": 0xbdf4,
  "crc16-m17": 0x772b,
  "crc16-maxim": 0x44c2,
  "crc16-mcrf4xx": 0x6f91,
  "crc16-nrsc5": 0xa066,
  "crc16-opensafety-a": 0x5d38,
  "crc16-opensafety-b": 0x20fe,
  "crc16-profibus": 0xa819,
  "crc16-riello": 0x63d0,
  "crc16-t10-dif": 0xd0db,
  "crc16-teledisk": 0x0fb3,
  "crc16-tms37157": 0x26b1,
  "crc16-usb": 0xb4c8,
  "crc16-x25": 0x906e,
  "crc16-xmodem": 0x31c3,
  "crc24-ble": 0xc25a56,
  "crc24-flexray-a": 0x7979bd,
  "crc24-flexray-b": 0x1f23b8,
  "crc24-interlaken": 0xb4f3e6,
  "crc24-lte-a": 0xcde703,
  "crc24-lte-b": 0x23ef52,
  "crc24-openpgp": 0x21cf02,
  "crc24-os9": 0x200fa5,
  crc32: 0xcbf43926,
  "crc32-aixm": 0x3010bf7f,
  "crc32-autosar": 0x1697d06a,
  "crc32-base91-d": 0x87315576,
  "crc32-bzip2": 0xfc891918,
  "crc32-cd-rom-edc": 0x6ec2edc4,
  "crc32-cksum": 0x765e7680,
  "crc32-jamcrc": 0x340bc6d9,
  "crc32-mef": 0xd2c22f51,
  "crc32-mpeg2": 0x0376e6e7,
  "crc32-xfer": 0xbd0be338,
  crc32c: 0xe3069283,
}

const value = (kind: string, bytes: Uint8Array): number | undefined => checksums.get(kind)?.compute(bytes)
const applied = (bytes: Uint8Array, spec: Assistant.ChecksumSpec) =>
  Either.map(Assistant.applyChecksum(bytes, spec), (out) => [...out])
const problem = (bytes: Uint8Array, spec: Assistant.ChecksumSpec) =>
  Either.getOrThrow(Either.flip(Assistant.applyChecksum(bytes, spec)))

/** A reference implementation of a CRC: bit by bit, with BigInt. */
const bitwise = (width: number, poly: number, init: number, xorout: number, reflect: boolean, bytes: Uint8Array) => {
  const mirror = (number: bigint, bits: number) =>
    BigInt(`0b${[...number.toString(2).padStart(bits, "0")].reverse().join("")}`)
  const top = 1n << BigInt(width - 1)
  let register = BigInt(init)
  for (const byte of bytes) {
    const input = reflect ? mirror(BigInt(byte), 8) : BigInt(byte)
    for (let bit = 7n; bit >= 0n; bit--) {
      const feeds = ((register & top) !== 0n) !== (((input >> bit) & 1n) === 1n)
      register = (register << 1n) & ((1n << BigInt(width)) - 1n)
      if (feeds) register ^= BigInt(poly)
    }
  }
  return Number((reflect ? mirror(register, width) : register) ^ BigInt(xorout))
}

describe("named checksums", () => {
  it("every named CRC has a check value in the catalogue, and every value has a CRC", () => {
    expect(crcModels.map(({ name }) => name).sort()).toEqual(Object.keys(catalogue).sort())
  })

  it.each(Object.entries(catalogue))("%s of 123456789 is the check value of the catalogue", (kind, check) => {
    expect(value(kind, digits)?.toString(16)).toBe(check.toString(16))
  })

  it("the others have their known values", () => {
    expect(value("fletcher16", ascii("abcde"))).toBe(0xc8f0)
    expect(value("fletcher32", ascii("abcde"))).toBe(0xf04fc729)
    expect(value("adler32", ascii("Wikipedia"))).toBe(0x11e60398)
    expect(value("sum8", Uint8Array.of(0xff, 0x02))).toBe(0x01)
    expect(value("sum16", Uint8Array.of(0xff, 0x02))).toBe(0x0101)
    expect(value("sum32", Uint8Array.of(0xff, 0x02))).toBe(0x0101)
    expect(value("xor8", Uint8Array.of(0x55, 0x0f, 0x01))).toBe(0x5b)
    // A request of MODBUS ASCII: :010300000001FB
    expect(value("lrc", Uint8Array.of(0x01, 0x03, 0, 0, 0, 0x01))).toBe(0xfb)
  })

  it("sums of many bytes neither overflow nor become negative", () => {
    const bytes = new Uint8Array(1 << 20).fill(0xff)
    for (const [kind, checksum] of checksums) {
      const number = checksum.compute(bytes)
      expect([kind, Number.isInteger(number) && number >= 0 && number < 2 ** (8 * checksum.width)]).toEqual([
        kind,
        true,
      ])
    }
  })

  it("every alias names a checksum, and none is also the name of another one", () => {
    for (const [alias, name] of checksumAliases) {
      expect([alias, checksums.has(name), checksums.has(alias)]).toEqual([alias, true, false])
      expect(Either.isRight(Assistant.findChecksum(alias.toUpperCase()))).toBe(true)
    }
    expect(Assistant.checksumNames).toEqual([...checksums.keys()])
  })

  it("a name may be written in the usual forms", () => {
    for (const kind of ["modbus", "CRC-16/MODBUS", "crc16_modbus", " Modbus "]) {
      expect(applied(Uint8Array.of(1, 3, 0, 0, 0, 2), { kind })).toEqual(Either.right([1, 3, 0, 0, 0, 2, 0xc4, 0x0b]))
    }
  })

  it("a mistyped name is refused with the nearest name", () => {
    expect(problem(digits, { kind: "modbsu" })).toMatchObject({ reason: "value", field: "checksum" })
    expect(problem(digits, { kind: "modbsu" }).message).toBe('"modbsu" is not a checksum (did you mean "modbus"?)')
    expect(problem(digits, { kind: "sha256" }).advice).toContain("crc:WIDTH,POLY")
  })
})

describe("a CRC by its parameters", () => {
  it.prop(
    "equals the reference implementation, for every width",
    [
      FastCheck.integer({ min: 1, max: 32 }).chain((width) => {
        const number = FastCheck.integer({ min: 0, max: 2 ** width - 1 })
        return FastCheck.tuple(FastCheck.constant(width), number, number, number)
      }),
      FastCheck.boolean(),
      FastCheck.uint8Array({ maxLength: 40 }),
    ],
    ([[width, poly, init, xorout], reflect, bytes]) => {
      const [p, i, x] = [poly, init, xorout].map((number) => number.toString(16))
      const kind = `crc:${width},${p},0x${i},${x},${reflect ? "ref" : "noref"}`
      const wanted = bitwise(width, poly, init, xorout, reflect, bytes)
      const length = Math.ceil(width / 8)
      const mark = Array.from({ length }, (_, at) => Math.floor(wanted / 2 ** (8 * (length - 1 - at))) % 256)
      expect(applied(bytes, { kind })).toEqual(Either.right([...bytes, ...mark]))
    },
    runs(1000),
  )

  it.each([
    ["crc:16,8005,ffff,0", "it has 4 parameters instead of 5"],
    ["crc:0,8005,ffff,0,ref", 'the width "0" is not a number from 1 to 32'],
    ["crc:33,8005,ffff,0,ref", 'the width "33" is not a number from 1 to 32'],
    ["crc:16,8005g,ffff,0,ref", 'the polynomial "8005g" is not a hex number'],
    ["crc:16,,ffff,0,ref", 'the polynomial "" is not a hex number'],
    ["crc:8,8005,0,0,ref", 'the polynomial "8005" has more than 8 bits'],
    ["crc:8,07,1ff,0,ref", 'the initial value "1ff" has more than 8 bits'],
    ["crc:8,07,ff,100,ref", 'the final XOR "100" has more than 8 bits'],
    ["crc:8,07,ff,0,yes", 'the last parameter is neither "ref" nor "noref"'],
  ])("%s is refused: %s", (kind, reason) => {
    expect(problem(digits, { kind }).message).toBe(`${JSON.stringify(kind)} is not a CRC: ${reason}`)
  })
})

describe("where a checksum is placed", () => {
  const frame = Uint8Array.of(0x01, 0x03, 0x00, 0x0a, 0x00, 0x02)

  it("MODBUS is appended with its low byte first", () => {
    expect(applied(frame, { kind: "modbus" })).toEqual(Either.right([...frame, 0xe4, 0x09]))
    expect(applied(frame, { kind: "modbus", order: "big" })).toEqual(Either.right([...frame, 0x09, 0xe4]))
  })

  it("others are appended with their high byte first", () => {
    expect(applied(digits, { kind: "crc32" })).toEqual(Either.right([...digits, 0xcb, 0xf4, 0x39, 0x26]))
    expect(applied(digits, { kind: "crc32", order: "little" })).toEqual(
      Either.right([...digits, 0x26, 0x39, 0xf4, 0xcb]),
    )
  })

  it("it covers a range, whose offsets may count from the end", () => {
    const bytes = Uint8Array.of(1, 2, 3, 4, 5)
    expect(applied(bytes, { kind: "sum8", from: 1, to: 3 })).toEqual(Either.right([1, 2, 3, 4, 5, 5]))
    expect(applied(bytes, { kind: "sum8", from: -2 })).toEqual(Either.right([1, 2, 3, 4, 5, 9]))
    expect(applied(bytes, { kind: "sum8", to: -4 })).toEqual(Either.right([1, 2, 3, 4, 5, 1]))
    expect(applied(bytes, { kind: "sum8", from: 5 })).toEqual(Either.right([1, 2, 3, 4, 5, 0]))
  })

  it("it may be written over bytes, and then nothing is appended", () => {
    const bytes = Uint8Array.of(1, 2, 0, 0, 9)
    expect(applied(bytes, { kind: "sum16", to: 2, at: 2 })).toEqual(Either.right([1, 2, 0, 3, 9]))
    expect(applied(bytes, { kind: "sum8", to: -1, at: -1 })).toEqual(Either.right([1, 2, 0, 0, 3]))
    // The checksum covers the bytes that it replaces, unless the range ends before them.
    expect(applied(bytes, { kind: "sum8", at: -1 })).toEqual(Either.right([1, 2, 0, 0, 12]))
  })

  it.each<readonly [Omit<Assistant.ChecksumSpec, "kind">, string]>([
    [{ from: 7 }, "from=7 lies outside the payload of 6 bytes"],
    [{ from: -7 }, "from=-7 lies outside the payload of 6 bytes"],
    [{ to: 7 }, "to=7 lies outside the payload of 6 bytes"],
    [{ at: 7 }, "at=7 lies outside the payload of 6 bytes"],
    [{ from: 4, to: 2 }, "the range of the checksum begins at byte 4, after its end at byte 2"],
    [{ at: 5 }, "the 2 bytes of the checksum exceed the end of the payload of 6 bytes (at=5)"],
    [{ at: -1 }, "the 2 bytes of the checksum exceed the end of the payload of 6 bytes (at=-1)"],
  ])("%o is refused", (spec, message) => {
    expect(problem(frame, { kind: "modbus", ...spec })).toMatchObject({ reason: "payload", field: "checksum", message })
  })

  it("the given payload is unchanged", () => {
    const bytes = Uint8Array.of(1, 2, 0)
    applied(bytes, { kind: "sum8", at: 2 })
    expect([...bytes]).toEqual([1, 2, 0])
  })
})

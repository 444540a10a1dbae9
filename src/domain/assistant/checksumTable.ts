import polycrc from "polycrc"

/** A checksum algorithm. */
export interface Checksum {
  readonly name: string
  /** The length of the checksum, bytes. */
  readonly width: number
  /** The default byte order on the wire. */
  readonly order: "big" | "little"
  readonly compute: (bytes: Uint8Array) => number
}

/** The parameters of a CRC as in the CRC RevEng catalogue. `reflect` is both refin and refout. */
interface CrcModel {
  readonly name: string
  /** Bits. */
  readonly width: number
  readonly poly: number
  readonly init: number
  readonly xorout: number
  readonly reflect: boolean
}

const model = (
  name: string,
  width: number,
  poly: number,
  init: number,
  xorout: number,
  reflect: "ref" | "noref",
): CrcModel => ({ name, width, poly, init, xorout, reflect: reflect === "ref" })

/** The named CRCs, with the parameters of the CRC RevEng catalogue (https://reveng.sourceforge.io/crc-catalogue/). */
export const crcModels: ReadonlyArray<CrcModel> = [
  model("modbus", 16, 0x8005, 0xffff, 0x0000, "ref"),
  model("crc8", 8, 0x07, 0x00, 0x00, "noref"),
  model("crc8-autosar", 8, 0x2f, 0xff, 0xff, "noref"),
  model("crc8-bluetooth", 8, 0xa7, 0x00, 0x00, "ref"),
  model("crc8-cdma2000", 8, 0x9b, 0xff, 0x00, "noref"),
  model("crc8-darc", 8, 0x39, 0x00, 0x00, "ref"),
  model("crc8-dvb-s2", 8, 0xd5, 0x00, 0x00, "noref"),
  model("crc8-gsm-a", 8, 0x1d, 0x00, 0x00, "noref"),
  model("crc8-gsm-b", 8, 0x49, 0x00, 0xff, "noref"),
  model("crc8-hitag", 8, 0x1d, 0xff, 0x00, "noref"),
  model("crc8-icode", 8, 0x1d, 0xfd, 0x00, "noref"),
  model("crc8-itu", 8, 0x07, 0x00, 0x55, "noref"),
  model("crc8-j1850", 8, 0x1d, 0xff, 0xff, "noref"),
  model("crc8-lte", 8, 0x9b, 0x00, 0x00, "noref"),
  model("crc8-maxim", 8, 0x31, 0x00, 0x00, "ref"),
  model("crc8-mifare", 8, 0x1d, 0xc7, 0x00, "noref"),
  model("crc8-nrsc5", 8, 0x31, 0xff, 0x00, "noref"),
  model("crc8-opensafety", 8, 0x2f, 0x00, 0x00, "noref"),
  model("crc8-rohc", 8, 0x07, 0xff, 0x00, "ref"),
  model("crc8-tech3250", 8, 0x1d, 0xff, 0x00, "ref"),
  model("crc8-wcdma", 8, 0x9b, 0x00, 0x00, "ref"),
  model("crc16-a", 16, 0x1021, 0xc6c6, 0x0000, "ref"),
  model("crc16-arc", 16, 0x8005, 0x0000, 0x0000, "ref"),
  model("crc16-aug-ccitt", 16, 0x1021, 0x1d0f, 0x0000, "noref"),
  model("crc16-buypass", 16, 0x8005, 0x0000, 0x0000, "noref"),
  model("crc16-ccitt-false", 16, 0x1021, 0xffff, 0x0000, "noref"),
  model("crc16-cdma2000", 16, 0xc867, 0xffff, 0x0000, "noref"),
  model("crc16-cms", 16, 0x8005, 0xffff, 0x0000, "noref"),
  model("crc16-dds-110", 16, 0x8005, 0x800d, 0x0000, "noref"),
  model("crc16-dect-r", 16, 0x0589, 0x0000, 0x0001, "noref"),
  model("crc16-dect-x", 16, 0x0589, 0x0000, 0x0000, "noref"),
  model("crc16-dnp", 16, 0x3d65, 0x0000, 0xffff, "ref"),
  model("crc16-en13757", 16, 0x3d65, 0x0000, 0xffff, "noref"),
  model("crc16-genibus", 16, 0x1021, 0xffff, 0xffff, "noref"),
  model("crc16-gsm", 16, 0x1021, 0x0000, 0xffff, "noref"),
  model("crc16-kermit", 16, 0x1021, 0x0000, 0x0000, "ref"),
  model("crc16-lj1200", 16, 0x6f63, 0x0000, 0x0000, "noref"),
  model("crc16-m17", 16, 0x5935, 0xffff, 0x0000, "noref"),
  model("crc16-maxim", 16, 0x8005, 0x0000, 0xffff, "ref"),
  model("crc16-mcrf4xx", 16, 0x1021, 0xffff, 0x0000, "ref"),
  model("crc16-nrsc5", 16, 0x080b, 0xffff, 0x0000, "ref"),
  model("crc16-opensafety-a", 16, 0x5935, 0x0000, 0x0000, "noref"),
  model("crc16-opensafety-b", 16, 0x755b, 0x0000, 0x0000, "noref"),
  model("crc16-profibus", 16, 0x1dcf, 0xffff, 0xffff, "noref"),
  model("crc16-riello", 16, 0x1021, 0xb2aa, 0x0000, "ref"),
  model("crc16-t10-dif", 16, 0x8bb7, 0x0000, 0x0000, "noref"),
  model("crc16-teledisk", 16, 0xa097, 0x0000, 0x0000, "noref"),
  model("crc16-tms37157", 16, 0x1021, 0x89ec, 0x0000, "ref"),
  model("crc16-usb", 16, 0x8005, 0xffff, 0xffff, "ref"),
  model("crc16-x25", 16, 0x1021, 0xffff, 0xffff, "ref"),
  model("crc16-xmodem", 16, 0x1021, 0x0000, 0x0000, "noref"),
  model("crc24-ble", 24, 0x00065b, 0x555555, 0x000000, "ref"),
  model("crc24-flexray-a", 24, 0x5d6dcb, 0xfedcba, 0x000000, "noref"),
  model("crc24-flexray-b", 24, 0x5d6dcb, 0xabcdef, 0x000000, "noref"),
  model("crc24-interlaken", 24, 0x328b63, 0xffffff, 0xffffff, "noref"),
  model("crc24-lte-a", 24, 0x864cfb, 0x000000, 0x000000, "noref"),
  model("crc24-lte-b", 24, 0x800063, 0x000000, 0x000000, "noref"),
  model("crc24-openpgp", 24, 0x864cfb, 0xb704ce, 0x000000, "noref"),
  model("crc24-os9", 24, 0x800063, 0xffffff, 0xffffff, "noref"),
  model("crc32", 32, 0x04c11db7, 0xffffffff, 0xffffffff, "ref"),
  model("crc32-aixm", 32, 0x814141ab, 0x00000000, 0x00000000, "noref"),
  model("crc32-autosar", 32, 0xf4acfb13, 0xffffffff, 0xffffffff, "ref"),
  model("crc32-base91-d", 32, 0xa833982b, 0xffffffff, 0xffffffff, "ref"),
  model("crc32-bzip2", 32, 0x04c11db7, 0xffffffff, 0xffffffff, "noref"),
  model("crc32-cd-rom-edc", 32, 0x8001801b, 0x00000000, 0x00000000, "ref"),
  model("crc32-cksum", 32, 0x04c11db7, 0x00000000, 0xffffffff, "noref"),
  model("crc32-jamcrc", 32, 0x04c11db7, 0xffffffff, 0x00000000, "ref"),
  model("crc32-mef", 32, 0x741b8cd7, 0xffffffff, 0x00000000, "ref"),
  model("crc32-mpeg2", 32, 0x04c11db7, 0xffffffff, 0x00000000, "noref"),
  model("crc32-xfer", 32, 0x000000af, 0x00000000, 0x00000000, "noref"),
  model("crc32c", 32, 0x1edc6f41, 0xffffffff, 0xffffffff, "ref"),
]

// The protocols of these CRCs send the low byte first. The other CRCs have the high byte first.
const lowByteFirst = ["modbus", "crc16-a", "crc16-dnp", "crc16-usb", "crc16-x25"]

/** Makes a CRC from its parameters. Its table of 256 entries is computed on the first use. */
export const crcChecksum = ({ init, name, poly, reflect, width, xorout }: CrcModel): Checksum => {
  let computed: ((bytes: Uint8Array) => number) | undefined
  return {
    name,
    width: Math.ceil(width / 8),
    order: lowByteFirst.includes(name) ? "little" : "big",
    compute: (bytes) => {
      computed ??= polycrc.crc(width, poly, init, xorout, reflect)
      return computed(bytes)
    },
  }
}

const sum = (bytes: Uint8Array): number => bytes.reduce((total, byte) => (total + byte) >>> 0, 0)

const xor8 = (bytes: Uint8Array): number => bytes.reduce((total, byte) => total ^ byte, 0)

const fletcher16 = (bytes: Uint8Array): number => {
  let low = 0
  let high = 0
  for (const byte of bytes) {
    low = (low + byte) % 255
    high = (high + low) % 255
  }
  return (high << 8) | low
}

/** Fletcher-32 over words of two bytes, low byte first. An odd last byte is padded with a zero byte. */
const fletcher32 = (bytes: Uint8Array): number => {
  let low = 0
  let high = 0
  for (let at = 0; at < bytes.length; at += 2) {
    low = (low + (bytes[at] as number) + 256 * (bytes[at + 1] ?? 0)) % 65_535
    high = (high + low) % 65_535
  }
  return high * 65_536 + low
}

const adler32 = (bytes: Uint8Array): number => {
  let low = 1
  let high = 0
  for (const byte of bytes) {
    low = (low + byte) % 65_521
    high = (high + low) % 65_521
  }
  return high * 65_536 + low
}

const own = (name: string, width: number, compute: (bytes: Uint8Array) => number): Checksum => ({
  name,
  width,
  order: "big",
  compute,
})

/** The named checksums. */
export const checksums: ReadonlyMap<string, Checksum> = new Map(
  [
    ...crcModels.slice(0, 1).map(crcChecksum),
    own("sum8", 1, (bytes) => sum(bytes) & 0xff),
    own("sum16", 2, (bytes) => sum(bytes) & 0xffff),
    own("sum32", 4, sum),
    own("xor8", 1, xor8),
    // The two's complement of the sum, as in MODBUS ASCII.
    own("lrc", 1, (bytes) => -sum(bytes) & 0xff),
    own("fletcher16", 2, fletcher16),
    own("fletcher32", 4, fletcher32),
    own("adler32", 4, adler32),
    ...crcModels.slice(1).map(crcChecksum),
  ].map((checksum) => [checksum.name, checksum]),
)

/** Other common names of the checksums. */
export const checksumAliases: ReadonlyMap<string, string> = new Map([
  ["crc16-modbus", "modbus"],
  ["bcc", "xor8"],
  ["xor", "xor8"],
  ["sum", "sum8"],
  ["crc8-smbus", "crc8"],
  ["crc8-maxim-dow", "crc8-maxim"],
  ["crc8-1wire", "crc8-maxim"],
  ["crc8-ebu", "crc8-tech3250"],
  ["crc8-sae-j1850", "crc8-j1850"],
  ["crc16", "crc16-arc"],
  ["crc16-ibm", "crc16-arc"],
  ["crc16-ccitt", "crc16-kermit"],
  ["crc16-ibm-3740", "crc16-ccitt-false"],
  ["crc16-autosar", "crc16-ccitt-false"],
  ["crc16-spi-fujitsu", "crc16-aug-ccitt"],
  ["crc16-umts", "crc16-buypass"],
  ["crc16-ibm-sdlc", "crc16-x25"],
  ["crc16-hdlc", "crc16-x25"],
  ["crc24", "crc24-openpgp"],
  ["crc32-iso-hdlc", "crc32"],
  ["crc32-ieee", "crc32"],
  ["crc32-iscsi", "crc32c"],
  ["crc32-posix", "crc32-cksum"],
  ["crc32d", "crc32-base91-d"],
  ["crc32q", "crc32-aixm"],
])

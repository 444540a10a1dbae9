// RC2 in CBC mode (RFC 2268). OpenSSL 3 has no RC2 without its legacy provider, but PKCS #12 files of older programs
// encrypt their certificates with RC2 and a key of 40 bits.

const piTable = Buffer.from(
  "d978f9c419ddb5ed28e9fd794aa0d89dc67e37832b76538e624c6488448bfba2179a59f587b34f1361456d8d09817d32bd8f40eb86b77b0b" +
    "f09521225c6b4e8254d66593ce60b21c7356c014a78cf1dc1275ca1f3bbee4d1423dd430a33cb6266fbf0eda4669075727f21d9bbc944303" +
    "f811c7f690ef3ee706c3d52fc8661ed708e8eade8052eef784aa72ac354d6a2a961ad2715a1549744b9fd05e0418a4ecc2e0416e0f51cbcc" +
    "2491af50a1f47039997c3a8523b8b47afc02365b255597312d5dfa98e38a92ae05df2910676cbac9d300e6cfe19ea82c6316013f58e289a9" +
    "0d38341bab33ffb0bb480c5fb9b1cd2ec5f3db47e5a59c770aa62068fe7fc1ad",
  "hex",
)

const pi = (at: number): number => piTable[at & 0xff] ?? 0

const blockBytes = 8

/** The 64 words of the expanded key (RFC 2268, section 2). The effective length is the length of the key. */
const expand = (key: Uint8Array): Uint16Array => {
  const bytes = new Uint8Array(128)
  bytes.set(key)
  const at = (index: number): number => bytes[index] ?? 0
  for (let index = key.length; index < 128; index++) bytes[index] = pi(at(index - 1) + at(index - key.length))
  bytes[128 - key.length] = pi(at(128 - key.length))
  for (let index = 127 - key.length; index >= 0; index--) bytes[index] = pi(at(index + 1) ^ at(index + key.length))
  return Uint16Array.from({ length: 64 }, (_, index) => at(2 * index) | (at(2 * index + 1) << 8))
}

const turns = [1, 2, 3, 5] as const

/** Decrypts one block (RFC 2268, section 4). */
const decryptBlock = (words: Uint16Array, block: Uint8Array): Uint8Array => {
  const view = new DataView(block.buffer, block.byteOffset, blockBytes)
  const r = [0, 2, 4, 6].map((at) => view.getUint16(at, true))
  const word = (index: number): number => r[(index + 4) & 3] ?? 0
  let next = 63
  const mix = () => {
    for (let index = 3; index >= 0; index--) {
      const turn = turns[index] ?? 0
      const turned = ((word(index) >> turn) | (word(index) << (16 - turn))) & 0xffff
      const mixed = (word(index - 1) & word(index - 2)) + (~word(index - 1) & word(index - 3))
      r[index] = (turned - (words[next--] ?? 0) - mixed) & 0xffff
    }
  }
  const mash = () => {
    for (let index = 3; index >= 0; index--) r[index] = (word(index) - (words[word(index - 1) & 63] ?? 0)) & 0xffff
  }
  for (let round = 0; round < 16; round++) {
    if (round === 5 || round === 11) mash()
    mix()
  }
  const plain = Buffer.alloc(blockBytes)
  r.forEach((value, index) => {
    plain.writeUInt16LE(value, 2 * index)
  })
  return plain
}

/** Decrypts bytes in CBC mode. The result includes the padding. */
export const decryptRc2 = (key: Uint8Array, iv: Uint8Array, bytes: Uint8Array): Buffer => {
  const words = expand(key)
  const plain = Buffer.alloc(bytes.length)
  let before = iv
  for (let at = 0; at + blockBytes <= bytes.length; at += blockBytes) {
    const block = bytes.subarray(at, at + blockBytes)
    decryptBlock(words, block).forEach((byte, index) => {
      plain[at + index] = byte ^ (before[index] ?? 0)
    })
    before = block
  }
  return plain
}

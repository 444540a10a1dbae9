// The packages that check our codecs have no types.

declare module "cobs" {
  export const encode: (bytes: Uint8Array) => Uint8Array
  export const decode: (bytes: Uint8Array) => Uint8Array
}

declare module "slip" {
  export const encode: (bytes: Uint8Array) => Uint8Array
  export class Decoder {
    constructor(options: { readonly onMessage: (payload: Uint8Array) => void })
    decode(bytes: Uint8Array): void
  }
}

declare module "netstring" {
  export const nsWrite: (text: string) => Uint8Array
  export const nsLength: (bytes: Uint8Array) => number
  export const nsPayload: (bytes: Uint8Array) => Uint8Array | number
}

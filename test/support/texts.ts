export const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)
export const string = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)

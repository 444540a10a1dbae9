// NATS allows 255 bytes for the name of a stream, which has the name of the hub with up to 3 bytes for each byte, and the
// framing (`subjectsOf`).
const mostBytes = 64

const isName = (text: string): boolean => new TextEncoder().encode(text).length <= mostBytes

/** Names of hubs: texts of at most 64 bytes. */
export const HubName = { mostBytes, isName }

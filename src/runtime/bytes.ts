/**
 * Bytes to be filled, with anything in them until then. In Node they are a `Buffer`, as sockets want them: any other
 * `Uint8Array` costs them a new view for each write.
 */
export const allocate = (length: number): Uint8Array =>
  typeof Buffer === "undefined" ? new Uint8Array(length) : Buffer.allocUnsafeSlow(length)

declare module "polycrc" {
  const polycrc: {
    /** Makes a function that computes a CRC. `reflect` is both refin and refout of the catalogue. */
    readonly crc: (
      width: number,
      poly: number,
      init: number,
      xorout: number,
      reflect: boolean,
    ) => (bytes: Uint8Array) => number
  }
  export default polycrc
}

declare module "polycrc" {
  const polycrc: {
    /** Makes a function that computes a CRC. `reflect` sets both refin and refout of the CRC RevEng catalogue. */
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

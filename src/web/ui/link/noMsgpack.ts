/** Replaces msgpackr in the bundle of the page, which never encodes MessagePack. */
class Absent {
  constructor() {
    throw new Error("The page has no MessagePack: it speaks ndjson.")
  }
}

export { Absent as Decoder, Absent as Encoder, Absent as Packr, Absent as Unpackr }

import { allocate } from "../../../runtime/bytes.ts"
import { NodeName } from "./NodeName.ts"

/**
 * A message of a hub on NATS: the runs that one node published in one turn of the event loop, in their order. All numbers
 * are big-endian.
 *
 * | offset | bytes | content                                                                |
 * |--------|-------|------------------------------------------------------------------------|
 * | 0      | 1     | the version, 1                                                         |
 * | 1      | 1     | flags: 1 `parts`, 2 `continues`, 4 `continued`                         |
 * | 2      | 8     | the epoch of the node: a random number, new with each start of a node  |
 * | 10     | 8     | the sequence number of the message, from 0                             |
 * | 18     | 8     | the number of frames that the node published before this message       |
 * | 26     | 4     | the number of frames in this message                                   |
 * | 30     | 1     | the length of the name of the node                                     |
 * | 31     | n     | the name of the node, ASCII                                            |
 *
 * With `parts`, a table follows: the number of runs (4 bytes), and the length of each run (4 bytes each). The rest is the
 * wire form of the frames. A run that is longer than a message of NATS has several messages: all but the last have the flag
 * `continues`, and all but the first have the flag `continued`.
 */
export interface Envelope {
  readonly epoch: number
  readonly sequence: number
  readonly framesBefore: number
  /** The number of frames. 0 with {@link continues}; the last piece counts them. */
  readonly frames: number
  readonly node: string
  readonly continues: boolean
  readonly continued: boolean
  /**
   * The end of each run in `body`, if the bytes alone do not determine the frames. `undefined` if the whole body is one run.
   */
  readonly ends: ReadonlyArray<number> | undefined
  readonly body: Uint8Array
}

export const envelopeVersion = 1

const flagParts = 1
const flagContinues = 2
const flagContinued = 4
const fixedBytes = 31

/** The greatest sequence number and number of frames: integers of JavaScript are exact up to here. */
const most = Number.MAX_SAFE_INTEGER

/** Returns the number of bytes that an envelope needs besides its body. */
export const envelopeOverhead = (node: string, parts: number): number =>
  fixedBytes + node.length + (parts === 0 ? 0 : 4 + 4 * parts)

/** Encodes an envelope whose body is the concatenation of `runs`. With `hasParts`, it keeps the boundaries of the runs. */
export const encodeEnvelope = (
  fields: Pick<Envelope, "continued" | "continues" | "epoch" | "frames" | "framesBefore" | "node" | "sequence">,
  runs: ReadonlyArray<Uint8Array>,
  hasParts: boolean,
): Uint8Array => {
  let length = envelopeOverhead(fields.node, hasParts ? runs.length : 0)
  for (const run of runs) length += run.length
  const bytes = allocate(length)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  view.setUint8(0, envelopeVersion)
  view.setUint8(1, flagsOf(hasParts, fields.continues, fields.continued))
  setLong(view, 2, fields.epoch)
  setLong(view, 10, fields.sequence)
  setLong(view, 18, fields.framesBefore)
  view.setUint32(26, fields.frames)
  view.setUint8(30, fields.node.length)
  let at = NodeName.write(fields.node, bytes, fixedBytes)
  if (hasParts) {
    view.setUint32(at, runs.length)
    at += 4
    for (const run of runs) {
      view.setUint32(at, run.length)
      at += 4
    }
  }
  for (const run of runs) {
    bytes.set(run, at)
    at += run.length
  }
  return bytes
}

/**
 * Decodes an envelope. Its body is a view of `bytes`. Returns `undefined` if the bytes are not an envelope of this
 * version.
 */
export const decodeEnvelope = (bytes: Uint8Array): Envelope | undefined => {
  if (bytes.length < fixedBytes || bytes[0] !== envelopeVersion) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const flags = view.getUint8(1)
  const nameEnd = fixedBytes + view.getUint8(30)
  const epoch = getLong(view, 2)
  const sequence = getLong(view, 10)
  const framesBefore = getLong(view, 18)
  if (flags > 7 || nameEnd > bytes.length || epoch > most || sequence >= most || framesBefore >= most) return undefined
  const node = NodeName.read(bytes.subarray(fixedBytes, nameEnd))
  if (node === undefined) return undefined
  const fields = {
    epoch,
    sequence,
    framesBefore,
    frames: view.getUint32(26),
    node,
    continues: (flags & flagContinues) !== 0,
    continued: (flags & flagContinued) !== 0,
  }
  if ((flags & flagParts) === 0) return { ...fields, ends: undefined, body: bytes.subarray(nameEnd) }
  if (nameEnd + 4 > bytes.length) return undefined
  const count = view.getUint32(nameEnd)
  const begin = nameEnd + 4 + 4 * count
  if (begin > bytes.length) return undefined
  const body = bytes.subarray(begin)
  const ends: Array<number> = []
  let end = 0
  for (let part = 0; part < count; part++) {
    end += view.getUint32(nameEnd + 4 + 4 * part)
    ends.push(end)
  }
  return end === body.length ? { ...fields, ends, body } : undefined
}

const flagsOf = (hasParts: boolean, continues: boolean, continued: boolean): number =>
  (hasParts ? flagParts : 0) | (continues ? flagContinues : 0) | (continued ? flagContinued : 0)

const setLong = (view: DataView, at: number, value: number): void => {
  view.setUint32(at, Math.floor(value / 2 ** 32))
  view.setUint32(at + 4, value >>> 0)
}

const getLong = (view: DataView, at: number): number => view.getUint32(at) * 2 ** 32 + view.getUint32(at + 4)

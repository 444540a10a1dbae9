import { Framing } from "tcpfx/domain"

/** The length of a frame on the wire, including its mark or prefix, in bytes. */
export const frameBytes = 64
/** The length of a read, in bytes. */
export const readBytes = 64 * 1024
const reads = 16

/** The measured work: a relay needs only runs of whole frames, and a handler needs each payload. */
export const works = ["relay", "handler"] as const
export type Work = (typeof works)[number]

// With `len:u8+2,adjust:2`, the third byte of a payload is the length field of its frame. `;` has the code 59: the frame
// consists of two bytes, this field, 59 bytes, and the 2 bytes of `adjust`.
const text = "ab;defghijklmnopqrstuvwxyz0123456789".repeat(2)

/** A payload whose frame has 64 bytes. */
const payloadOf = (framing: Framing.Framing): Uint8Array => {
  for (let length = 1; length <= frameBytes; length++) {
    const content =
      framing.name === "json" ? `{"name":"${text}`.slice(0, length - 2).concat('"}') : text.slice(0, length)
    const wire = Framing.encodeFrame(framing, new TextEncoder().encode(content), frameBytes)
    if (wire instanceof Uint8Array && wire.length === frameBytes) return new TextEncoder().encode(content)
  }
  throw new Error(`no payload gives a frame of ${frameBytes} bytes with ${framing.name}`)
}

/** Reads that begin and end in the middle of a frame. With a framing whose pause ends a frame, each read is a frame. */
const readsOf = (framing: Framing.TotalFraming): ReadonlyArray<Uint8Array> => {
  const frame = framing.encode(payloadOf(framing))
  // The reads of a socket are Buffers, whose searches and views have other costs than those of a Uint8Array.
  const stream = Buffer.alloc(reads * readBytes)
  for (let at = 0; at < stream.length; at += frameBytes) stream.set(frame, at)
  if (framing.pause !== undefined) {
    return Array.from({ length: stream.length / frameBytes }, (_, index) =>
      stream.subarray(index * frameBytes, (index + 1) * frameBytes),
    )
  }
  const half = frameBytes / 2
  const cuts = Array.from({ length: reads - 1 }, (_, index) =>
    stream.subarray(index * readBytes + half, (index + 1) * readBytes + half),
  )
  return [stream.subarray(0, half), ...cuts, stream.subarray((reads - 1) * readBytes + half)]
}

/**
 * Decodes for `millis` milliseconds. Returns the number of frames per second of CPU time, because other processes may use
 * the core in the meantime.
 */
export const framesPerSecond = (framing: Framing.TotalFraming, work: Work, millis: number): number => {
  const input = readsOf(framing)
  const expected = (reads * readBytes) / frameBytes
  const endsByPause = framing.pause !== undefined
  let frames = 0
  const each = () => {
    frames++
  }
  const sink = {
    onRun: (run: Uint8Array) => {
      if (work === "handler") framing.payloads(run, each)
    },
  }
  const once = () => {
    const decoder = framing.decoder(1024 * 1024)
    for (const read of input) {
      if (decoder.push(read, sink) !== true) throw new Error("the decoder failed")
      if (endsByPause) decoder.end(sink)
    }
  }
  once()
  if (work === "handler" && frames !== expected) throw new Error("frames are missing")
  let rounds = 0
  const start = performance.now()
  const before = process.cpuUsage()
  while (performance.now() < start + millis) {
    once()
    rounds++
  }
  const { system, user } = process.cpuUsage(before)
  return (rounds * expected * 1e6) / (system + user)
}

import { randomBytes } from "node:crypto"
import * as fs from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { inspect } from "../../../../src/cli/process/streams/descriptor.ts"
import { InputReader, type ReadResult } from "../../../../src/cli/process/streams/InputReader.ts"
import { turns } from "../../../../src/testing/turns.ts"
import { temporaryFolder } from "../../../support/transportFixture.ts"

const mebibyte = 1024 * 1024

/** A reader of a file with these bytes. */
const readerOf = (bytes: Uint8Array) =>
  Effect.gen(function* () {
    const path = join(yield* temporaryFolder, "input")
    fs.writeFileSync(path, bytes)
    const fd = yield* Effect.acquireRelease(
      Effect.sync(() => fs.openSync(path, "r")),
      (opened) => Effect.sync(() => fs.closeSync(opened)),
    )
    return new InputReader(inspect(fd))
  })

const read = (reader: InputReader) =>
  Effect.async<ReadResult>((resume) => void reader.read((result) => resume(Effect.succeed(result))))

const bytesOf = (result: ReadResult): Uint8Array => {
  if (result._tag !== "Bytes") throw new Error(`${result._tag} where bytes were expected`)
  return result.bytes
}

describe("large reads of a file", () => {
  it.scopedLive("return the whole file in reused memory, with each piece intact until it is given back", () =>
    Effect.gen(function* () {
      const file = randomBytes(5 * mebibyte + 12_345)
      const reader = yield* readerOf(file)
      reader.readLarge(mebibyte)
      const memory = new Set<ArrayBufferLike>()
      const pieces: Array<Buffer> = []
      for (let next = yield* read(reader); next._tag !== "End"; next = yield* read(reader)) {
        const bytes = bytesOf(next)
        // The read ahead is done by now, into other memory.
        yield* turns(3)
        pieces.push(Buffer.from(bytes))
        memory.add(bytes.buffer)
        reader.recycle(bytes)
      }
      expect(Buffer.concat(pieces).equals(file)).toBe(true)
      expect(pieces[0]?.length).toBe(mebibyte)
      // Two pieces have one MiB each. The last piece is small, so it is copied.
      expect(memory.size).toBe(3)
      expect(yield* read(reader)).toEqual({ _tag: "End" })
    }),
  )

  it.scopedLive("keep the bytes of a cancelled read for the next read", () =>
    Effect.gen(function* () {
      const file = randomBytes(2 * mebibyte)
      const reader = yield* readerOf(file)
      reader.readLarge(mebibyte)
      const stop = reader.read(() => expect.unreachable())
      stop()
      const [first, second] = [bytesOf(yield* read(reader)), bytesOf(yield* read(reader))]
      expect(Buffer.concat([first, second]).equals(file)).toBe(true)
      expect(yield* read(reader)).toEqual({ _tag: "End" })
    }),
  )
})

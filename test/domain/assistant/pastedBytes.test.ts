import { describe, expect, it } from "@effect/vitest"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import { Assistant } from "../../../src/domain/index.ts"
import { runs } from "../../support/properties.ts"

const { readBase64, readHex } = Assistant

const problem = <A>(read: Either.Either<A, Assistant.Refusal>) => Either.getOrThrow(Either.flip(read))

describe("hex as people paste it", () => {
  it.each([
    ["01 03"],
    ["0103"],
    ["0x01,0x03"],
    ["0x01, 0x03,"],
    ["0X01 0X03"],
    ["0x0103"],
    ["01:03"],
    ["01-03"],
    ["01_03"],
    ["\\x01\\x03"],
    ["{ 0x01, 0x03 };"],
    ["[01, 03]"],
    ["01\r\n\t03\n"],
    ["01|03"],
  ])("%j", (written) => {
    expect(Either.map(readHex(written), (bytes) => [...bytes])).toEqual(Either.right([1, 3]))
  })

  it("may be empty, and has digits of either case", () => {
    expect(readHex(" ")).toEqual(Either.right(new Uint8Array(0)))
    expect(Either.map(readHex("aF Fa"), (bytes) => [...bytes])).toEqual(Either.right([0xaf, 0xfa]))
  })

  it.each<readonly [string, number, string]>([
    ["0", 0, "a digit is missing next to 0, at character 1"],
    ["01 3", 3, "a digit is missing next to 3, at character 4"],
    ["01 033 04", 5, "a digit is missing next to 3, at character 6"],
    ["01 0g", 4, '"g" is not a hex digit, at character 5'],
    ["01 xy", 3, '"x" is not a hex digit, at character 4'],
    ["0x", 1, '"x" is not a hex digit, at character 2'],
    ["01 03 😀", 6, '"😀" is not a hex digit, at character 7'],
    ["０1", 0, '"０" is not a hex digit, at character 1'],
  ])("%j is refused at %i: %s", (written, at, message) => {
    expect(problem(readHex(written))).toMatchObject({ reason: "payload", field: "content", at, message })
  })

  it.prop(
    "bytes are read back from every way to write them",
    [
      FastCheck.uint8Array({ maxLength: 40 }),
      FastCheck.constantFrom(" ", "", ",", ", ", ":", "-", "\n", ",0x", "\\x", " 0X"),
    ],
    ([bytes, separator]) => {
      const written = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(separator)
      expect(readHex(written)).toEqual(Either.right(bytes))
    },
    runs(300),
  )
})

describe("base64", () => {
  it.each([["AQM="], ["AQM"], [" AQ\r\nM = "]])("%j", (written) => {
    expect(Either.map(readBase64(written), (bytes) => [...bytes])).toEqual(Either.right([1, 3]))
  })

  it.each<readonly [string, number, string]>([
    ["AQ*M", 2, '"*" is not a base64 digit, at character 3'],
    ["AQM=A", 4, "a digit follows the padding, at character 5"],
    ["AQM==", 4, "= is misplaced, at character 5"],
    ["=", 0, "= is misplaced, at character 1"],
    ["A===", 1, "= is misplaced, at character 2"],
    ["AQ=", 3, "the padding is incomplete, at character 4"],
    ["AQMBA", 4, "the last digit is less than a byte, at character 5"],
  ])("%j is refused at %i: %s", (written, at, message) => {
    expect(problem(readBase64(written))).toMatchObject({ reason: "payload", field: "content", at, message })
  })

  it.prop(
    "bytes are read back from both alphabets, with padding and without",
    [FastCheck.uint8Array({ maxLength: 40 })],
    ([bytes]) => {
      for (const alphabet of ["base64", "base64url"] as const) {
        const written = Buffer.from(bytes).toString(alphabet)
        expect(readBase64(written)).toEqual(Either.right(bytes))
        expect(readBase64(written.replaceAll("=", ""))).toEqual(Either.right(bytes))
      }
    },
    runs(300),
  )
})

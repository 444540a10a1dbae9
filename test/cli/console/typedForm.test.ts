import { describe, expect, it } from "vitest"
import { type TypedForm, typedEnding } from "../../../src/cli/console/typedForm.ts"

const raw: TypedForm = { ending: undefined, isFramed: false, checksum: undefined, isHex: false }
const checksum = { kind: "modbus" } as const

describe("the line ending of typed lines", () => {
  it("is LF in raw framing, and none with a checksum", () => {
    expect(typedEnding(raw)).toBe("lf")
    expect(typedEnding({ ...raw, checksum })).toBe("none")
  })

  it("is the ending of --eol or /eol, also with a checksum", () => {
    expect(typedEnding({ ...raw, ending: "crlf" })).toBe("crlf")
    expect(typedEnding({ ...raw, ending: "lf", checksum })).toBe("lf")
  })

  it("is left to a framing", () => {
    expect(typedEnding({ ...raw, isFramed: true })).toBeUndefined()
    expect(typedEnding({ ...raw, isFramed: true, checksum })).toBeUndefined()
  })
})

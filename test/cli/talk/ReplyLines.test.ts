import { describe, expect, it } from "@effect/vitest"
import { ReplyLines } from "../../../src/cli/talk/ReplyLines.ts"
import { utf8 } from "../../support/texts.ts"

/** Whether an answer goes on after each of some pieces. */
const openAfter = (...pieces: ReadonlyArray<string>) => {
  const lines = new ReplyLines()
  return pieces.map((piece) => {
    lines.push(utf8(piece))
    return lines.isOpen
  })
}

describe("ReplyLines", () => {
  it("finds the first and the last line of an answer, also in pieces of one byte", () => {
    expect(openAfter("250-mail\r\n250-SIZE\r\n", "250 ok\r\n")).toEqual([true, false])
    expect(openAfter(..."250-a\n")).toEqual([false, false, false, false, false, true])
    expect(openAfter("250-a\r\n", "2", "50", "\r", "\n")).toEqual([true, true, true, true, false])
    expect(openAfter("250-a\n250\n250-b\n250 c\n", "220-")).toEqual([false, false])
  })

  it("ignores lines with other codes inside an answer, as FTP has them", () => {
    expect(openAfter("220-welcome\r\n", "331 not the end\r\n no\r\n\r\n331-x\r\n", "220 ready\r\n")).toEqual([
      true,
      true,
      false,
    ])
  })

  it("begins nothing at lines of other forms", () => {
    expect(openAfter("2024-01-02\n", "12-\n", "abc-\n", "\n", "250 ok\n", "> ")).toEqual(new Array(6).fill(false))
  })

  it("forgets an answer that has not ended", () => {
    const lines = new ReplyLines()
    lines.push(utf8("250-a\n"))
    lines.restart()
    expect(lines.isOpen).toBe(false)
  })
})

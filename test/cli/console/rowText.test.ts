import { describe, expect, it } from "vitest"
import { rowText } from "../../../src/cli/console/rowText.ts"
import { Stamps } from "../../../src/cli/output/Stamps.ts"
import { paletteOf } from "../../../src/cli/output/theme.ts"
import type { LogRow } from "../../../src/domain/assistant/index.ts"
import type { ConnectionId } from "../../../src/domain/index.ts"

const lines = (row: Partial<LogRow>): ReadonlyArray<string> =>
  rowText(
    { row: 1, at: 0, kind: "announcement", ...row } as LogRow,
    paletteOf("none", false),
    new Stamps({ mode: "none", precision: "ms" }, true),
  )
const id = 3 as ConnectionId

describe("the row of an announcement", () => {
  it("begins with the client, unless its text names the client", () => {
    expect(lines({ id, text: "reading is paused" })).toEqual(["#3 reading is paused"])
    expect(lines({ id, name: "plc", text: "reading is paused" })).toEqual(["#3 plc reading is paused"])
    expect(lines({ id, name: "plc", text: "#3 connected from 127.0.0.1:1" })).toEqual(["#3 connected from 127.0.0.1:1"])
    expect(lines({ id, name: "ada", text: "guest-1 is now ada" })).toEqual(["guest-1 is now ada"])
    expect(lines({ text: "listening on :1" })).toEqual(["listening on :1"])
  })
})

import { describe, expect, it } from "@effect/vitest"
import { startedWithoutHangUp } from "../../../src/cli/process/hangUp.ts"

const parent = 4711

const started = (environment: Readonly<Record<string, string>>, ignored: string | undefined) =>
  startedWithoutHangUp(environment, parent, (pid) => {
    expect(pid).toBe(parent)
    return ignored === undefined
      ? ""
      : `Name:\tsh\nSigBlk:\t0000000000000001\nSigIgn:\t${ignored}\nSigCgt:\t0000000000000001\n`
  })

describe("startedWithoutHangUp", () => {
  it("is true if a shell started nohup, by name or path", () => {
    expect(started({ _: "/usr/bin/nohup" }, undefined)).toBe(true)
    expect(started({ _: "nohup" }, undefined)).toBe(true)
    expect(started({ _: "/usr/local/bin/tcpfx" }, undefined)).toBe(false)
    expect(started({ _: "/opt/nohup/bin/tcpfx" }, undefined)).toBe(false)
    expect(started({ _: "/opt/xnohup" }, undefined)).toBe(false)
  })

  it("is true if the parent ignores SIGHUP, whatever else it ignores", () => {
    expect(started({}, "0000000000000001")).toBe(true)
    expect(started({}, "0000000001001007")).toBe(true)
    expect(started({}, "0000000001001006")).toBe(false)
    expect(started({}, "0000000000000000")).toBe(false)
  })

  it("is false on a system that tells nothing of the parent", () => {
    expect(started({}, undefined)).toBe(false)
    expect(startedWithoutHangUp({}, -1)).toBe(false)
  })
})

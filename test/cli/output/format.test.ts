import { afterAll, describe, expect, it } from "@effect/vitest"
import { formatDate, formatIso, formatTime } from "../../../src/cli/output/format.ts"
import { Stamps } from "../../../src/cli/output/Stamps.ts"

const zoneBefore = process.env["TZ"]
afterAll(() => {
  if (zoneBefore === undefined) delete process.env["TZ"]
  else process.env["TZ"] = zoneBefore
})

const inZone = (zone: string): void => {
  process.env["TZ"] = zone
}

const noon = Date.UTC(2026, 10, 30, 13, 3, 10, 559)

describe("the local date and time with its offset", () => {
  it.each([
    ["Europe/Berlin", noon, "2026-11-30T14:03:10.559+01:00"],
    ["UTC", noon, "2026-11-30T13:03:10.559+00:00"],
    ["America/Los_Angeles", noon, "2026-11-30T05:03:10.559-08:00"],
    ["America/St_Johns", noon, "2026-11-30T09:33:10.559-03:30"],
    ["Asia/Kolkata", noon, "2026-11-30T18:33:10.559+05:30"],
    ["Asia/Kathmandu", noon, "2026-11-30T18:48:10.559+05:45"],
    ["Pacific/Kiritimati", noon, "2026-12-01T03:03:10.559+14:00"],
    // The hour that summer time skips, and the hour that occurs twice.
    ["Europe/Berlin", Date.UTC(2026, 2, 29, 0, 59, 59, 999), "2026-03-29T01:59:59.999+01:00"],
    ["Europe/Berlin", Date.UTC(2026, 2, 29, 1), "2026-03-29T03:00:00.000+02:00"],
    ["Europe/Berlin", Date.UTC(2026, 9, 25, 0, 30), "2026-10-25T02:30:00.000+02:00"],
    ["Europe/Berlin", Date.UTC(2026, 9, 25, 1, 30), "2026-10-25T02:30:00.000+01:00"],
    // Summer time adds only half an hour.
    ["Australia/Lord_Howe", Date.UTC(2026, 0, 1), "2026-01-01T11:00:00.000+11:00"],
    ["Australia/Lord_Howe", Date.UTC(2026, 6, 1), "2026-07-01T10:30:00.000+10:30"],
    ["America/St_Johns", Date.UTC(2027, 0, 1, 3, 29, 59, 7), "2026-12-31T23:59:59.007-03:30"],
  ])("in %s of %d is %s", (zone, at, text) => {
    inZone(zone)
    expect(formatIso(at)).toBe(text)
    expect(`${formatDate(at)}T${formatTime(at)}`).toBe(text.slice(0, -6))
    expect(Date.parse(text)).toBe(at)
  })
})

describe("the stamp of a row", () => {
  it.each([
    ["time", "14:03:10.559 "],
    ["iso", "2026-11-30T14:03:10.559+01:00 "],
    ["none", ""],
  ] as const)("with %s is %o", (mode, text) => {
    inZone("Europe/Berlin")
    const stamps = new Stamps({ mode, precision: "ms" }, false)
    expect([stamps.of(noon, "out"), stamps.of(noon, "err"), stamps.of(noon + 1000, "out")]).toEqual([
      text,
      text,
      text.replace("10.5", "11.5"),
    ])
  })

  it.each([
    ["time", "14:03:10.559250 "],
    ["iso", "2026-11-30T14:03:10.559250+01:00 "],
  ] as const)("has microseconds if they are wanted: %s", (mode, text) => {
    inZone("Europe/Berlin")
    expect(new Stamps({ mode, precision: "us" }, false).of(noon + 0.25, "out")).toBe(text)
  })

  it("with delta is the time since the row before on the same output", () => {
    const rows = [
      ["out", noon],
      ["err", noon + 500],
      ["out", noon + 1500.25],
      ["out", noon + 1499],
      ["err", noon + 3_661_500],
    ] as const
    const stampsOf = (precision: "ms" | "us", together: boolean) => {
      const stamps = new Stamps({ mode: "delta", precision }, together)
      return rows.map(([to, at]) => stamps.of(at, to))
    }
    expect(stampsOf("ms", false)).toEqual(["+0.000 ", "+0.000 ", "+1.500 ", "-0.001 ", "+3661.000 "])
    expect(stampsOf("us", true)).toEqual(["+0.000000 ", "+0.500000 ", "+1.000250 ", "-0.001250 ", "+3660.001000 "])
  })
})

describe("a date that changes", () => {
  const midnight = Date.UTC(2026, 10, 30, 23)
  const dates = (stamps: Stamps, rows: ReadonlyArray<readonly ["out" | "err", number]>) =>
    rows.map(([to, at]) => stamps.newDate(at, to))

  it("is shown once, with the next row", () => {
    inZone("Europe/Berlin")
    const rows = [-60_000, -1, 0, 1, 86_399_999, 86_400_000].map((later) => ["out", midnight + later] as const)
    expect(dates(new Stamps({ mode: "time", precision: "ms" }, false), rows)).toEqual([
      undefined,
      undefined,
      "2026-12-01",
      undefined,
      undefined,
      "2026-12-02",
    ])
  })

  it("is shown on each separate output, with the first row of the new date there", () => {
    inZone("Europe/Berlin")
    const rows = [
      ["err", midnight - 1],
      ["err", midnight],
      ["out", midnight + 5],
      ["err", midnight + 6],
      ["out", midnight + 7],
    ] as const
    const date = "2026-12-01"
    expect(dates(new Stamps({ mode: "time", precision: "ms" }, false), rows)).toEqual([
      undefined,
      date,
      date,
      undefined,
      undefined,
    ])
    expect(dates(new Stamps({ mode: "time", precision: "ms" }, true), rows)).toEqual([
      undefined,
      date,
      undefined,
      undefined,
      undefined,
    ])
  })

  it.each(["iso", "none"] as const)("needs no line of its own with %s", (mode) => {
    const rows = [["out", midnight - 1] as const, ["out", midnight] as const]
    expect(dates(new Stamps({ mode, precision: "ms" }, false), rows)).toEqual([undefined, undefined])
  })

  it("changes with the local midnight, also where a clock set back makes midnight come twice", () => {
    // Until 2011, St. John's set its clocks back at 00:01, to 23:01 of the day before.
    inZone("America/St_Johns")
    const first = Date.UTC(2010, 10, 7, 2, 30)
    const rows = [-1, 0, 59_999, 60_000, 3_600_000].map((later) => ["out", first + later] as const)
    expect(dates(new Stamps({ mode: "time", precision: "ms" }, false), rows)).toEqual([
      undefined,
      "2010-11-07",
      undefined,
      "2010-11-06",
      "2010-11-07",
    ])
  })
})

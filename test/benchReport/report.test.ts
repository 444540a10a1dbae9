import { describe, expect, it } from "vitest"
import { renderChart } from "../../bench/runner/chart.ts"
import { formatCount, formatRatio } from "../../bench/runner/metrics.ts"
import { parseJson, renderJson, updateReport } from "../../bench/runner/report.ts"
import { renderMarkdown, renderTable } from "../../bench/runner/table.ts"
import { measured, other, ours, raw, reportOf, row } from "./figures.ts"

const report = reportOf([
  [
    row(),
    [
      { contender: raw, runs: [measured(4e7), measured(4e7)] },
      { contender: ours, runs: [measured(4.4e7), measured(3.6e7)] },
      {
        contender: other,
        runs: [measured(4e4, { faults: { lost: 7 }, generatorCpu: 0.97 }), { _tag: "Failed", reason: "it ended" }],
      },
    ],
  ],
  [row("fanout-100"), [{ contender: raw, runs: [measured(5e7)] }]],
])

/** The cells of the first table line after a heading that begins with a name. */
const cells = (markdown: string, heading: string, name: string): ReadonlyArray<string> => {
  const part = markdown.slice(markdown.indexOf(heading))
  const line = part.split("\n").find((one) => one.startsWith(`| ${name} `)) ?? ""
  return line.split("|").map((cell) => cell.trim())
}

describe("figures for people", () => {
  it("have three digits and a unit", () => {
    expect([46_123_456, 1234, 12, 0].map(formatCount)).toEqual(["46.1 M", "1.23 k", "12.0", "0"])
    expect([69.2, 1.054, 0.5, 0.0021].map(formatRatio)).toEqual(["69.2", "1.05", "0.50", "0.0021"])
  })
})

describe("the table", () => {
  it("has cells as wide as their column", () => {
    expect(renderTable(["a", "long"], [["value", "b"]])).toBe(
      ["| a     | long |", "| ----- | ---- |", "| value | b    |"].join("\n"),
    )
  })

  it("shows median and range of figures and ratios, and the faults", () => {
    const markdown = renderMarkdown(report)
    const heading = "## fan-out fanout-10\n"
    expect(cells(markdown, heading, "tcpfx library").slice(2, 4)).toEqual([
      "1.00 (0.90–1.10)",
      "40.0 M (36.0 M–44.0 M)",
    ])
    expect(cells(markdown, heading, "a & <b>").slice(2, -1)).toEqual([
      "0.0010",
      "40.0 k",
      "25.0 µs",
      "0.97 *",
      "lost 7; it ended",
    ])
  })

  it("says in the summary which floors were met, and marks contenders that lost messages", () => {
    const markdown = renderMarkdown(report)
    expect(cells(markdown, "## Summary", "fan-out fanout-10").slice(2, -1)).toEqual([
      "40.0 M",
      "1.00",
      "0.0010 * (!)",
      "≥ 0.95 × raw, ≤ 20.0 ns",
      "library 1 of 2",
    ])
    expect(markdown).toContain("- tcpfx library: deliveries/s 1.00 × raw, floor ≥ 0.95 × raw: met")
    expect(markdown).toContain("**not met**")
  })

  it("marks disturbed runs, and verdicts based on a raw loop whose generator was busy", () => {
    const runs = (...rans: ReadonlyArray<number>) => rans.map((generatorRan) => measured(4e7, { generatorRan }))
    const marked = reportOf([
      [
        row(),
        [
          { contender: raw, runs: [measured(4e7, { generatorCpu: 0.93 })] },
          { contender: ours, runs: runs(0.99, 0.5, 0.94) },
          { contender: other, runs: runs(0.5, 0.99, 0.97) },
        ],
      ],
    ])
    const line = cells(renderMarkdown(marked), "## Summary", "fan-out fanout-10")
    expect(line.slice(2, 5)).toEqual(["40.0 M *", "1.00 ~", "1.00"])
    expect(line.slice(5, -1)).toEqual(["≥ 0.95 × raw, ≤ 20.0 ns", "library 1 of 2 *"])
  })

  it("shows the distance of the cores and the number of repeated runs, and marks figures measured while the cores were apart", () => {
    const series = [
      { contender: raw, runs: [measured(4e7), measured(4e7)] },
      { contender: ours, runs: [measured(4.4e7), measured(3.6e7, { apart: true })] },
    ]
    const found = { ...reportOf([[row(), series]]), cores: { nanos: 53.4, repeated: 7 } }
    const markdown = renderMarkdown(found)
    expect(cells(markdown, "## Summary", "fan-out fanout-10").slice(2, 4)).toEqual(["40.0 M", "1.00 ^"])
    expect(markdown).toMatch(
      /between the two cores takes 53 ns[\s\S]* 7 runs were repeated[\s\S]*`\^`: the cores shared no/,
    )
    expect(parseJson(renderJson(found))).toMatchObject({ cores: { nanos: 53.4, repeated: 7 } })
    const none = renderMarkdown({ ...reportOf([[row(), series.slice(0, 1)]]), cores: { nanos: 53, repeated: 1 } })
    expect(none).toContain("1 run was repeated")
    expect(none).not.toContain("`^`")
    expect(renderMarkdown(reportOf([[row(), series.slice(0, 1)]]))).not.toContain("two cores")
  })

  it("explains each mark, and distinguishes lost from late messages", () => {
    const marked = reportOf([
      [row(), [{ contender: other, runs: [measured(1, { faults: { lost: 1, undelivered: 2, disconnected: 3 } })] }]],
    ])
    const markdown = renderMarkdown(marked)
    expect(markdown).toContain("- fan-out fanout-10, a & <b>: lost 1, not delivered in time 2, disconnected 3")
    expect(markdown).toMatch(/"lost": a subscriber that stayed[\s\S]*"not delivered in time": no later message/)
    expect(renderMarkdown(reportOf([]))).not.toContain("(!)")
  })

  it("shows absolute figures in rows with absolute floors, also in a quick run, which checks no floor", () => {
    const absolute = { ...row(), floors: row().floors.filter(({ of }) => of === "value") }
    const series = [raw, ours].map((contender) => ({ contender, runs: [measured(4e7)] }))
    const quick = { ...reportOf([[absolute, series]]), quick: true }
    expect(cells(renderMarkdown(quick), "## Summary", "fan-out fanout-10").slice(2, -1)).toEqual([
      "40.0 M",
      "40.0 M",
      "≤ 20.0 ns",
      "not judged",
    ])
  })

  it("shows no absolute figure in place of a missing ratio, and shows contenders that were left out", () => {
    const alone = reportOf([
      [
        row(),
        [
          { contender: raw, runs: [{ _tag: "Failed", reason: "it ended" }] },
          { contender: ours, runs: [measured(4e7)] },
          { contender: other, runs: [{ _tag: "Skipped", reason: "left out: too slow" }] },
        ],
      ],
    ])
    const markdown = renderMarkdown(alone)
    expect(cells(markdown, "## Summary", "fan-out").slice(2, 5)).toEqual(["failed", "no ratio", "left out"])
    expect(cells(markdown, "## fan-out", "a & <b>")).toContain("left out: too slow")
  })

  it("shows the commands that start the contenders", () => {
    const started = { ...report, contenders: [raw, { ...ours, commands: ["tcpfx serve 0", "tcpfx serve 1"] }] }
    const markdown = renderMarkdown(started)
    expect(cells(markdown, "", "tcpfx library").at(-2)).toBe("`tcpfx serve 0`, `tcpfx serve 1`")
    expect(cells(markdown, "", "raw loop, chunks").at(-2)).toBe("script of the bench")
  })

  it("names the commit of the measurement, or the rows of each commit", () => {
    const at = (...commits: ReadonlyArray<string | undefined>) =>
      renderMarkdown({
        ...report,
        rows: report.rows.map((one, place) => {
          const commit = commits[place]
          return commit === undefined ? one : { ...one, commit }
        }),
      })
    expect(at("abc1234", "abc1234")).toContain("Measured at commit abc1234.")
    expect(at("abc1234", "def5678, modified")).toContain(
      "Rows were measured at different commits: fanout-10 at abc1234; fanout-100 at def5678, modified.",
    )
    expect(at("abc1234")).toContain("fanout-10 at abc1234; fanout-100 at an unknown commit.")
    expect(at()).not.toContain("commit")
  })

  it("shows the CPU time of a delivery in the fan-out rows", () => {
    expect(cells(renderMarkdown(report), "## Server CPU per delivery", "raw loop, chunks").slice(2, -1)).toEqual([
      "25.0 ns",
      "20.0 ns",
    ])
  })
})

describe("the chart", () => {
  it("has one bar for each contender beside the raw loop, with its ratio and spread", () => {
    const svg = renderChart(report)
    expect(svg.match(/class="(?:bar|ours)" x/g)).toHaveLength(2)
    expect(svg).toContain(">1.00 ×<")
    expect(svg).toContain(">0.0010 × † *<")
    expect(svg.match(/class="whisker"/g)).toHaveLength(1)
  })

  it("escapes names, and has finite coordinates even if nothing was delivered", () => {
    expect(renderChart(report)).toContain("a &amp; &lt;b&gt;")
    const nothing = reportOf([
      [
        row(),
        [
          { contender: raw, runs: [measured(1)] },
          { contender: ours, runs: [measured(0)] },
        ],
      ],
    ])
    expect(renderChart(nothing)).not.toMatch(/NaN|Infinity/)
    expect(renderChart(reportOf([]))).not.toMatch(/NaN|Infinity/)
  })
})

describe("results.json", () => {
  it("replaces rows that were measured again, in the order of all rows", () => {
    const again = reportOf([
      [row("fanout-100"), [{ contender: raw, runs: [measured(6e7)] }]],
      [row("echo"), [{ contender: raw, runs: [measured(1e5)] }]],
    ])
    const setting = { contenders: report.contenders, generator: report.generator }
    const order = ["echo", "fanout-10", "fanout-100"]
    const updated = updateReport(report, { ...again, ...setting }, order)
    expect(updated?.rows.map((one) => one.row.id)).toEqual(order)
    expect(updated?.rows.at(-1)).toEqual(again.rows[0])
    expect(updateReport(report, { ...again, ...setting, seconds: 7 }, order)).toBe(undefined)
    expect(parseJson(renderJson(report))?.rows.length).toBe(report.rows.length)
    expect([parseJson("{"), parseJson("[]"), parseJson('{"version":2}')]).toEqual([undefined, undefined, undefined])
  })

  it("can be read back, with six significant figures", () => {
    const text = renderJson(report)
    expect(JSON.parse(text)).toMatchObject({ version: 1, rows: [{ row: { id: "fanout-10" } }, {}] })
    expect(text).not.toMatch(/\d\.\d{7}/)
  })
})

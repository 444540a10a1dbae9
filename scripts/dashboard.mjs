// Writes deploy/grafana/tcpfx.json, the dashboard of the metrics of `tcpfx serve --metrics`.
// Usage: node scripts/dashboard.mjs [--stdout]
import { mkdirSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

const file = join(dirname(fileURLToPath(import.meta.url)), "..", "deploy", "grafana", "tcpfx.json")

const selection = 'job=~"$job",instance=~"$instance"'
const rate = (metric, by = "instance") => `sum by (${by}) (rate(${metric}{${selection}}[$__rate_interval]))`
const now = (metric) => `sum by (instance) (${metric}{${selection}})`

/** The rows of panels: a title, and panels with a title, a unit of Grafana, and queries with their legends. */
const rows = [
  [
    "Connections",
    [
      ["Open connections", "short", [[now("tcpfx_connections"), "{{instance}}"]]],
      ["Opened a second", "ops", [[rate("tcpfx_connections_opened_total"), "{{instance}}"]]],
      ["Ends a second, by reason", "ops", [[rate("tcpfx_connections_closed_total", "reason"), "{{reason}}"]]],
      [
        "Refused a second, by rule",
        "ops",
        [
          [rate("tcpfx_refused_total", "rule"), "{{rule}}"],
          [rate("tcpfx_accept_failures_total", "code"), "accept failed: {{code}}"],
        ],
      ],
    ],
  ],
  [
    "Traffic",
    [
      [
        "Bytes a second",
        "Bps",
        [
          [rate("tcpfx_bytes_in_total"), "in {{instance}}"],
          [rate("tcpfx_bytes_out_total"), "out {{instance}}"],
        ],
      ],
      [
        "Frames a second",
        "ops",
        [
          [rate("tcpfx_frames_in_total"), "in {{instance}}"],
          [rate("tcpfx_frames_out_total"), "out {{instance}}"],
        ],
      ],
      [
        "Skipped bytes and invalid messages a second",
        "short",
        [
          [rate("tcpfx_bytes_skipped_total"), "bytes {{instance}}"],
          [rate("tcpfx_messages_invalid_total"), "messages {{instance}}"],
        ],
      ],
    ],
  ],
  [
    "Slow clients",
    [
      [
        "Queued bytes",
        "bytes",
        [
          [now("tcpfx_pending_bytes"), "for clients, {{instance}}"],
          [now("tcpfx_hub_retained_bytes"), "kept for broadcasts, {{instance}}"],
        ],
      ],
      [
        "Lagging clients",
        "short",
        [
          [now("tcpfx_hub_lagging_subscribers"), "{{instance}}"],
          [now("tcpfx_hub_subscribers"), "of {{instance}}"],
        ],
      ],
      [
        "Slow clients and dropped frames a second",
        "ops",
        [
          [rate("tcpfx_slow_consumers_total"), "slow {{instance}}"],
          [rate("tcpfx_frames_dropped_total"), "dropped {{instance}}"],
        ],
      ],
      [
        "Time of a broadcast, 99th percentile",
        "s",
        [[`histogram_quantile(0.99, ${rate("tcpfx_hub_flush_seconds_bucket", "instance, le")})`, "{{instance}}"]],
      ],
    ],
  ],
  [
    "Hub on NATS",
    [
      ["Attached nodes", "short", [[now("tcpfx_hub_attached"), "{{instance}}"]]],
      ["Other nodes", "short", [[now("tcpfx_hub_nodes"), "{{instance}}"]]],
      ["Bytes that wait for NATS", "bytes", [[now("tcpfx_hub_queued_bytes"), "{{instance}}"]]],
    ],
  ],
  [
    "Process",
    [
      ["Load of the event loop", "percentunit", [[rate("nodejs_eventloop_active_seconds_total"), "{{instance}}"]]],
      ["CPU", "percentunit", [[rate("process_cpu_seconds_total"), "{{instance}}"]]],
      ["Memory", "bytes", [[now("process_resident_memory_bytes"), "{{instance}}"]]],
      [
        "Open files",
        "short",
        [
          [now("process_open_fds"), "{{instance}}"],
          [now("process_max_fds"), "limit {{instance}}"],
        ],
      ],
    ],
  ],
]

const columns = 24
const height = 8
const datasource = { type: "prometheus", uid: "${datasource}" }

const panels = []
let y = 0
let id = 1
for (const [title, graphs] of rows) {
  panels.push({
    id: id++,
    type: "row",
    title,
    collapsed: false,
    gridPos: { x: 0, y: y++, w: columns, h: 1 },
    panels: [],
  })
  const w = columns / graphs.length
  for (const [at, [name, unit, queries]] of graphs.entries()) {
    panels.push({
      id: id++,
      type: "timeseries",
      title: name,
      datasource,
      gridPos: { x: at * w, y, w, h: height },
      fieldConfig: { defaults: { unit, min: 0, custom: { fillOpacity: 10, showPoints: "never" } }, overrides: [] },
      options: { legend: { displayMode: "list", placement: "bottom" }, tooltip: { mode: "multi", sort: "desc" } },
      targets: queries.map(([expr, legendFormat], query) => ({
        refId: String.fromCharCode(65 + query),
        datasource,
        expr,
        legendFormat,
      })),
    })
  }
  y += height
}

const variable = (name, label) => ({
  name,
  label,
  type: "query",
  datasource,
  query: { query: `label_values(tcpfx_build_info, ${name})`, refId: name },
  refresh: 2,
  includeAll: true,
  multi: true,
  current: { text: "All", value: "$__all" },
})

const dashboard = {
  title: "tcpfx",
  uid: "tcpfx",
  tags: ["tcpfx"],
  schemaVersion: 39,
  editable: true,
  time: { from: "now-1h", to: "now" },
  refresh: "10s",
  templating: {
    list: [
      { name: "datasource", label: "Data source", type: "datasource", query: "prometheus" },
      variable("job", "Job"),
      variable("instance", "Server"),
    ],
  },
  panels,
}

const text = `${JSON.stringify(dashboard, undefined, 2)}\n`
if (process.argv.includes("--stdout")) process.stdout.write(text)
else {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text)
}

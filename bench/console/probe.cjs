// Loaded into the measured process with --require. The first SIGUSR2 begins a measurement; the second one writes it to the
// file of PROBE_FILE: CPU time and duration in milliseconds, and the longest gap of the event loop.
const { renameSync, writeFileSync } = require("node:fs")
const { monitorEventLoopDelay } = require("node:perf_hooks")

const gaps = monitorEventLoopDelay({ resolution: 1 })
let begin
process.on("SIGUSR2", () => {
  const { system, user } = process.cpuUsage()
  const now = { cpu: (system + user) / 1000, at: performance.now() }
  if (begin === undefined) {
    begin = now
    gaps.enable()
  } else {
    const measured = { cpu: now.cpu - begin.cpu, millis: now.at - begin.at, gap: gaps.max / 1e6 }
    const file = process.env.PROBE_FILE
    writeFileSync(`${file}.part`, JSON.stringify(measured))
    renameSync(`${file}.part`, file)
  }
})

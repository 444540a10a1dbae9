import { performance } from "node:perf_hooks"
import * as Effect from "effect/Effect"
import * as MetricKey from "effect/MetricKey"
import * as MetricPair from "effect/MetricPair"
import * as MetricState from "effect/MetricState"
import { openFiles } from "../../transport/index.ts"
import { version } from "../version.ts"

const gauge = (name: string, description: string, value: number): MetricPair.MetricPair.Untyped =>
  MetricPair.unsafeMake(MetricKey.gauge(name, { description }), MetricState.gauge(value))

const counter = (name: string, description: string, value: number): MetricPair.MetricPair.Untyped =>
  MetricPair.unsafeMake(MetricKey.counter(name, { description, incremental: true }), MetricState.counter(value))

/** The metrics of this process, with the names that client libraries of Prometheus use. */
export const processMetrics: Effect.Effect<ReadonlyArray<MetricPair.MetricPair.Untyped>> = Effect.map(
  openFiles,
  ({ limit, open }) => {
    const cpu = process.cpuUsage()
    const { active } = performance.eventLoopUtilization()
    return [
      MetricPair.unsafeMake(
        MetricKey.tagged(
          MetricKey.gauge("tcpfx_build_info", { description: "The version of tcpfx and of Node; always 1" }),
          "version",
          version,
        ).pipe(MetricKey.tagged("node", process.version)),
        MetricState.gauge(1),
      ),
      counter("process_cpu_seconds_total", "CPU time of the process, seconds", (cpu.user + cpu.system) / 1e6),
      gauge("process_resident_memory_bytes", "Memory of the process, bytes", process.memoryUsage.rss()),
      gauge("process_start_time_seconds", "Start of the process, seconds since 1970", performance.timeOrigin / 1000),
      gauge("process_open_fds", "Open files and sockets", open),
      ...(limit === undefined ? [] : [gauge("process_max_fds", "Limit of open files and sockets", limit)]),
      counter(
        "nodejs_eventloop_active_seconds_total",
        "Time in which the event loop has worked, seconds",
        active / 1000,
      ),
    ]
  },
)

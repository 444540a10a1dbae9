export * as Metrics from "./Metrics.ts"
export * as Prometheus from "./Prometheus.ts"

export * as Metrics from "./Metrics.ts"

export * from "./clientMetrics.ts"
export * from "./definitions.ts"
export * from "./hubMetrics.ts"
export * from "./serverMetrics.ts"

export * from "./Crew.ts"
export { type ReactorOf, runWorker } from "./runWorker.ts"
export type { WorkerMode } from "./WorkerSetup.ts"

export * from "./Hub.ts"
export type { HubCore } from "./HubCore.ts"
export * from "./HubSink.ts"

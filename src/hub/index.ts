export * from "./Hub.ts"
export * from "./HubPort.ts"
export * from "./HubService.ts"
export * from "./Hubs.ts"

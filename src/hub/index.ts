export * from "./Hub.ts"
export * from "./HubCore.ts"

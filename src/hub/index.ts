export * from "./Hub.ts"
export * from "./HubPort.ts"

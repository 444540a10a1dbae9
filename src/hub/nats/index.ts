export * from "./NatsHub.ts"
export * from "./NatsHubOptions.ts"
export * from "./NatsHubService.ts"
export * from "./natsErrors.ts"

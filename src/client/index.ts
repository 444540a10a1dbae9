export type { EventSubscribeOptions } from "../runtime/EventBus.ts"
export * from "./Client.ts"
export * from "./ClientConfig.ts"
export * from "./Session.ts"

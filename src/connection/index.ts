export * from "./Connection.ts"
export {
  type CheckedHeartbeat,
  type Heartbeat,
  type HeartbeatOf,
  type HeartbeatParts,
  heartbeatFields,
  heartbeatOf,
} from "./Heartbeat.ts"
export { type MessageSource, messageSource, type TakenPayloads } from "./MessageSource.ts"
export * from "./ProtocolSide.ts"
export type { WithHeartbeat } from "./settingsChecks.ts"

export * from "./Connection.ts"
export {
  type CheckedHeartbeat,
  type Heartbeat,
  type HeartbeatParts,
  heartbeatFields,
  heartbeatOf,
} from "./Heartbeat.ts"

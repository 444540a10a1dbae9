export * from "./Connection.ts"
export { type Heartbeat, type HeartbeatParts, heartbeatFields, heartbeatOf } from "./Heartbeat.ts"

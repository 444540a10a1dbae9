export * from "../transport/VirtualNetwork.ts"
export * as Testing from "./Testing.ts"

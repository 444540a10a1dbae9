export { fromConnection, layerSocket, makeSocket, type PlatformSocketOptions } from "./PlatformSocket.ts"
export * from "./PlatformSocketServer.ts"

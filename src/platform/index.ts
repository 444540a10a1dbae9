export * from "./PlatformSocket.ts"
export * from "./PlatformSocketServer.ts"

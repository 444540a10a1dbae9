/**
 * Every sub-path of the package as a namespace, except `tcpfx/hub/nats`: `server.Server` is `Server` of `tcpfx/server`.
 * A bundler omits the sub-paths that a program does not use. Node loads all of them, so a program that must start fast
 * imports from the sub-paths.
 *
 * @example
 * import { domain } from "tcpfx"
 *
 * assert.equal(domain.formatEndpoint(domain.tcpEndpoint("::1", 80)), "[::1]:80")
 */
export * as assistant from "./assistant/index.ts"
export * as chat from "./chat/index.ts"
export * as client from "./client/index.ts"
export * as connection from "./connection/index.ts"
export * as domain from "./domain/index.ts"
export * as hub from "./hub/index.ts"
export * as metrics from "./metrics/index.ts"
export * as platform from "./platform/index.ts"
export * as protocol from "./protocol/index.ts"
export * as rooms from "./rooms/index.ts"
export * as server from "./server/index.ts"
export * as testing from "./testing/index.ts"
export * as transport from "./transport/index.ts"

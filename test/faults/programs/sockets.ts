import { NodeTransport } from "../../../src/transport/index.ts"

/** The sockets of these programs. The suite of `vitest.streams.config.ts` sets the variable to get plain streams of Node. */
export const sockets = NodeTransport.layerWith({ streams: process.env["TCPFX_NODE_STREAMS"] === "1" })

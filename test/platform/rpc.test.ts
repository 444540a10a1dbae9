import * as RpcSerialization from "@effect/rpc/RpcSerialization"
import { Framing } from "../../src/domain/index.ts"
import { rpcSuite } from "../support/rpcSuite.ts"
import { memoryFixture, tcpFixture } from "../support/transportFixture.ts"

for (const transport of [memoryFixture, tcpFixture]) {
  rpcSuite({ format: "ndjson", options: { text: true }, serialization: RpcSerialization.layerNdjson, transport })
  rpcSuite({
    format: "JSON in frames of lines",
    serialization: RpcSerialization.layerJson,
    settings: { frame: Framing.line, maxFrame: 4 * 1024 ** 2 },
    transport,
  })
  rpcSuite({ format: "MessagePack", serialization: RpcSerialization.layerMsgPack, transport })
}

import * as RpcSerialization from "@effect/rpc/RpcSerialization"
import { rpcSuite } from "../support/rpcSuite.ts"
import { memoryFixture, tcpFixture } from "../support/transportFixture.ts"

for (const transport of [memoryFixture, tcpFixture]) {
  rpcSuite({ format: "ndjson", options: { text: true }, serialization: RpcSerialization.layerNdjson, transport })
  rpcSuite({ format: "MessagePack", serialization: RpcSerialization.layerMsgPack, transport })
}

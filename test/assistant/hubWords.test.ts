import { describe, expect, it } from "@effect/vitest"
import { describeServerEvent } from "../../src/assistant/describe.ts"
import type { HubDetachReason, HubNotice } from "../../src/domain/index.ts"

const notices: ReadonlyArray<readonly [notice: HubNotice, en: string, zh: string]> = [
  [
    { _tag: "HubAttached", server: "nats:4222", nodes: 0, missed: [], late: 0, dropped: 0, droppedBytes: 0 },
    "the hub is attached to NATS at nats:4222, with no other node",
    "集线器已接入 NATS nats:4222，另有 0 个节点",
  ],
  [
    {
      _tag: "HubAttached",
      server: "nats:4222",
      nodes: 2,
      missed: [
        { node: "a", frames: 1 },
        { node: "b", frames: 2 },
      ],
      late: 3,
      dropped: 4,
      droppedBytes: 2048,
    },
    "the hub is attached to NATS at nats:4222, with 2 other nodes; missed 1 frame of @a, 2 frames of @b; 3 own frames sent late; 4 own frames (2 KiB) dropped",
    "集线器已接入 NATS nats:4222，另有 2 个节点；错过 @a 的 1 帧、@b 的 2 帧；本节点的 3 帧延迟发送；本节点的 4 帧（2 KiB）被丢弃",
  ],
  [
    { _tag: "HubDetached", reason: { _tag: "NatsShutDown" } },
    "the hub is detached: the NATS server shuts down; clients here continue among themselves",
    "集线器已脱离 NATS：NATS 服务器正在关闭；本节点的客户端之间继续通信",
  ],
  [
    { _tag: "HubRefused", subject: "tcpfx.main.line.room.x", action: "subscribe" },
    "NATS does not allow this user to subscribe to tcpfx.main.line.room.x; its frames stay on their node",
    "NATS 不允许该用户订阅 tcpfx.main.line.room.x；相关的帧只在各自的节点内传递",
  ],
  [
    { _tag: "HubStalled", pendingBytes: 1024 },
    "NATS takes frames too slowly: 1 KiB are queued for it",
    "NATS 接收太慢：1 KiB 正在等待发送",
  ],
  [{ _tag: "HubRecovered" }, "NATS has caught up", "NATS 已跟上"],
  [
    { _tag: "HubOverflowed", pendingBytes: 3000, budgetBytes: 2048 },
    "more than 2 KiB wait for NATS; the oldest frames are dropped",
    "等待 NATS 的数据超过 2 KiB，最早的帧被丢弃",
  ],
  [
    { _tag: "HubMissed", node: "a", missed: 1, total: 5, cause: "gap" },
    "missed 1 frame of @a, 5 in total",
    "错过 @a 的 1 帧，共 5 帧",
  ],
  [
    { _tag: "HubMissed", node: "a", missed: 2, total: 5, cause: "overflow" },
    "dropped 2 frames of @a, because clients here take them too slowly; 5 missed in total",
    "本节点的客户端接收太慢，丢弃 @a 的 2 帧，共错过 5 帧",
  ],
  [{ _tag: "NodeJoined", node: "a" }, "@a shares the hub", "@a 加入集线器"],
  [{ _tag: "NodeLeft", node: "a", cause: "left" }, "@a left the hub", "@a 离开集线器"],
  [
    { _tag: "NodeLeft", node: "a", cause: "silent" },
    "@a left the hub: it is no longer heard",
    "@a 离开集线器：不再有消息",
  ],
  [
    { _tag: "NodeMismatched", node: "a", framing: "slip" },
    "@a shares no frames: its framing is slip",
    "@a 的分帧方式是 slip，无法共享帧",
  ],
  [
    { _tag: "HubHistoryOn", stream: "TCPFX_main_line", frames: 1 },
    "NATS stores the history in the stream TCPFX_main_line; a new client gets 1 frame",
    "NATS 在流 TCPFX_main_line 中保存历史；新客户端会收到 1 帧",
  ],
  [
    { _tag: "HubHistoryOff", problem: { _tag: "NoJetStream" } },
    "NATS does not store the history: NATS has no JetStream (start nats-server with -js); a new client gets the frames that this server has",
    "NATS 没有保存历史：NATS 没有启用 JetStream（请用 nats-server -js 启动）；新客户端会收到本服务器已有的帧",
  ],
  [
    {
      _tag: "HubHistoryOff",
      problem: { _tag: "StreamUnfit", stream: "s", setting: "retention", value: "workqueue" },
    },
    "NATS does not store the history: the stream s does not fit: its setting retention is workqueue; a new client gets the frames that this server has",
    "NATS 没有保存历史：流 s 不适用：其 retention 为 workqueue；新客户端会收到本服务器已有的帧",
  ],
  [
    { _tag: "HubHistoryOff", problem: { _tag: "JetStreamSilent", timeoutMillis: 5000 } },
    "NATS does not store the history: JetStream has not answered for 5 s; a new client gets the frames that this server has",
    "NATS 没有保存历史：JetStream 在 5 s 内没有响应；新客户端会收到本服务器已有的帧",
  ],
  [
    { _tag: "HubHistoryOff", problem: { _tag: "JetStreamFailed", message: "no space" } },
    "NATS does not store the history: JetStream refuses: no space; a new client gets the frames that this server has",
    "NATS 没有保存历史：JetStream 拒绝（no space）；新客户端会收到本服务器已有的帧",
  ],
]

const reasons: ReadonlyArray<readonly [reason: HubDetachReason, en: string, zh: string]> = [
  [
    { _tag: "ConnectionEnded", server: "nats:4222" },
    "the connection to NATS at nats:4222 has ended",
    "与 NATS nats:4222 的连接已断开",
  ],
  [{ _tag: "NatsSilent" }, "NATS does not answer", "NATS 没有响应"],
  [{ _tag: "NatsShutDown" }, "the NATS server shuts down", "NATS 服务器正在关闭"],
  [{ _tag: "NatsStalled", timeoutMillis: 2000 }, "NATS has taken nothing for 2 s", "NATS 在 2 s 内没有接收任何数据"],
  [{ _tag: "CredentialsRefused" }, "NATS refuses the credentials", "NATS 拒绝了凭据"],
  [
    { _tag: "SubjectRefused", subject: "tcpfx.main.nodes", action: "publish" },
    "NATS does not allow this user to publish to tcpfx.main.nodes",
    "NATS 不允许该用户发布到 tcpfx.main.nodes",
  ],
  [
    { _tag: "NatsFailed", message: "too many connections" },
    "the connection to NATS has failed: too many connections",
    "与 NATS 的连接出错（too many connections）",
  ],
  [{ _tag: "NatsClientEnded" }, "the NATS client has ended", "NATS 客户端已结束"],
  [{ _tag: "BridgeFailed", message: "x" }, "the hub cannot be bridged: x", "集线器无法接入（x）"],
]

describe("an event of a shared hub", () => {
  it("has words in both languages", () => {
    for (const [notice, en, zh] of notices) {
      const event = { ...notice, seq: 1, at: 0 }
      expect(describeServerEvent(event, "en").text).toBe(en)
      expect(describeServerEvent(event, "zh").text).toBe(zh)
    }
  })

  it("has words for each reason of a detached hub in both languages", () => {
    for (const [reason, en, zh] of reasons) {
      const event = { _tag: "HubDetached", reason, seq: 1, at: 0 } as const
      expect(describeServerEvent(event, "en").text).toBe(
        `the hub is detached: ${en}; clients here continue among themselves`,
      )
      expect(describeServerEvent(event, "zh").text).toBe(`集线器已脱离 NATS：${zh}；本节点的客户端之间继续通信`)
    }
  })
})

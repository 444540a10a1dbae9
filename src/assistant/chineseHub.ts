import {
  formatBytes,
  formatMillis,
  type HubDetachReason,
  type HubEvent,
  type HubHistoryProblem,
  type NatsAction,
} from "../domain/index.ts"

const missedOf = (event: Extract<HubEvent, { readonly _tag: "HubAttached" }>): string => {
  const missed = event.missed.map(({ frames, node }) => `@${node} 的 ${frames} 帧`)
  return [
    ...(missed.length === 0 ? [] : [`错过 ${missed.join("、")}`]),
    ...(event.late === 0 ? [] : [`本节点的 ${event.late} 帧延迟发送`]),
    ...(event.dropped === 0 ? [] : [`本节点的 ${event.dropped} 帧（${formatBytes(event.droppedBytes)}）被丢弃`]),
  ]
    .map((part) => `；${part}`)
    .join("")
}

const refused = ({ action, subject }: { readonly action: NatsAction; readonly subject: string }): string =>
  `NATS 不允许该用户${action === "publish" ? "发布到" : "订阅"} ${subject}`

const detachReason = (reason: HubDetachReason): string => {
  switch (reason._tag) {
    case "ConnectionEnded":
      return `与 NATS ${reason.server} 的连接已断开`
    case "NatsSilent":
      return "NATS 没有响应"
    case "NatsShutDown":
      return "NATS 服务器正在关闭"
    case "NatsStalled":
      return `NATS 在 ${formatMillis(reason.timeoutMillis)} 内没有接收任何数据`
    case "CredentialsRefused":
      return "NATS 拒绝了凭据"
    case "SubjectRefused":
      return refused(reason)
    case "NatsFailed":
      return `与 NATS 的连接出错（${reason.message}）`
    case "NatsClientEnded":
      return "NATS 客户端已结束"
    case "BridgeFailed":
      return `集线器无法接入（${reason.message}）`
  }
}

const historyProblem = (problem: HubHistoryProblem): string => {
  switch (problem._tag) {
    case "NoJetStream":
      return "NATS 没有启用 JetStream（请用 nats-server -js 启动）"
    case "StreamUnfit":
      return `流 ${problem.stream} 不适用：其 ${problem.setting} 为 ${problem.value}`
    case "JetStreamSilent":
      return `JetStream 在 ${formatMillis(problem.timeoutMillis)} 内没有响应`
    case "JetStreamFailed":
      return `JetStream 拒绝（${problem.message}）`
  }
}

/** Describes an event of a hub that several nodes share, in Chinese. */
export const chineseHubEvent = (event: HubEvent): string => {
  switch (event._tag) {
    case "HubAttached":
      return `集线器已接入 NATS ${event.server}，另有 ${event.nodes} 个节点${missedOf(event)}`
    case "HubDetached":
      return `集线器已脱离 NATS：${detachReason(event.reason)}；本节点的客户端之间继续通信`
    case "HubRefused":
      return `${refused(event)}；相关的帧只在各自的节点内传递`
    case "HubStalled":
      return `NATS 接收太慢：${formatBytes(event.pendingBytes)} 正在等待发送`
    case "HubRecovered":
      return "NATS 已跟上"
    case "HubOverflowed":
      return `等待 NATS 的数据超过 ${formatBytes(event.budgetBytes)}，最早的帧被丢弃`
    case "HubMissed":
      return event.cause === "gap"
        ? `错过 @${event.node} 的 ${event.missed} 帧，共 ${event.total} 帧`
        : `本节点的客户端接收太慢，丢弃 @${event.node} 的 ${event.missed} 帧，共错过 ${event.total} 帧`
    case "NodeJoined":
      return `@${event.node} 加入集线器`
    case "NodeLeft":
      return event.cause === "left" ? `@${event.node} 离开集线器` : `@${event.node} 离开集线器：不再有消息`
    case "NodeMismatched":
      return `@${event.node} 的分帧方式是 ${event.framing}，无法共享帧`
    case "HubHistoryOn":
      return `NATS 在流 ${event.stream} 中保存历史；新客户端会收到 ${event.frames} 帧`
    case "HubHistoryOff":
      return `NATS 没有保存历史：${historyProblem(event.problem)}；新客户端会收到本服务器已有的帧`
  }
}

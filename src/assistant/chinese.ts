import type { ClientEvent, CloseReason, Framing, ProxiedBy, RefusalRule, ServerEvent } from "../domain/index.ts"
import { formatBytes, formatEndpoint, formatMillis, isTlsCode } from "../domain/index.ts"
import { chineseHubEvent } from "./chineseHub.ts"
import { chineseTlsFailure } from "./chineseTls.ts"

// Announcements in Chinese (zh-CN). domain/eventWords.ts has the English words.

type ConnectFailure = Extract<ClientEvent, { readonly _tag: "ConnectFailed" }>["reason"]
type TlsSession = NonNullable<Extract<ServerEvent, { readonly _tag: "ConnectionOpened" }>["tls"]>

const idOf = (id: number): string => `#${id}`

const cutOf = (closeNotify: boolean | undefined): string =>
  closeNotify === false ? "；TLS 未以 close_notify 结束，数据可能不完整" : ""

const tlsOf = (tls: TlsSession | undefined): string => {
  if (tls === undefined) return ""
  const { alpn, cipher, peer, protocol } = tls
  const parts = [protocol, cipher, ...(alpn === undefined ? [] : [alpn]), ...(peer === undefined ? [] : [peer.subject])]
  return `（${parts.join("，")}）`
}

const viaOf = (proxied: ProxiedBy | undefined): string =>
  proxied === undefined ? "" : `，经由 ${formatEndpoint(proxied.by)}`

const closeReason = (reason: CloseReason): string => {
  switch (reason._tag) {
    case "PeerClosed":
      return "对方关闭"
    case "PeerReset":
      return "被对方重置"
    case "PeerVanished":
      return `对方失联（${reason.code}）`
    case "LocalClosed":
      return "本方关闭"
    case "Kicked":
      return "已被踢出"
    case "Displaced":
      return "被同一地址的新连接取代"
    case "IdleTimeout":
      return `${formatMillis(reason.timeoutMillis)} 内没有发送任何数据`
    case "FirstFrameTimeout":
      return `${formatMillis(reason.timeoutMillis)} 内没有发送完整的一帧`
    case "HeartbeatLost":
      return `发出心跳后 ${formatMillis(reason.timeoutMillis)} 内没有收到任何数据`
    case "WriteTimeout":
      return `${formatMillis(reason.timeoutMillis)} 内没有接收 ${reason.pendingBytes} 个等待发送的字节`
    case "SlowConsumer":
      return `读取太慢：${reason.pendingBytes} 字节等待发送，上限为 ${reason.budgetBytes}`
    case "PendingLimit":
      return `读取太慢：全部等待发送的 ${reason.totalBytes} 字节中它占 ${reason.pendingBytes}，上限为 ${reason.limitBytes}`
    case "FrameTooLong":
      return `发送的帧超过 ${reason.limitBytes} 字节${reason.offset === undefined ? "" : `（位于第 ${reason.offset} 字节）`}`
    case "FrameInvalid":
      return `发送的数据不是帧（位于第 ${reason.offset} 字节）：${reason.problem}`
    case "FrameTruncated":
      return `在一帧中途结束（该帧已到 ${reason.bytes} 字节）`
    case "MessageInvalid":
      return `发送了${invalidOf(reason)}`
    case "HandlerFailed":
      return `处理程序出错（${reason.message}）`
    case "FramingFailed":
      return `分帧出错（${reason.message}）`
    case "Drained":
      return "排空后关闭"
    case "DrainDeadline":
      return reason.pendingBytes === 0
        ? "对方没有在期限内关闭"
        : `期限已到，对方还有 ${reason.pendingBytes} 字节没有接收`
    case "WorkerDied":
      return `为它服务的工作进程 ${reason.worker} 已结束（${reason.cause}）`
    case "TransportFailed":
      return isTlsCode(reason.code) ? `TLS：${chineseTlsFailure(reason.code)}` : `传输出错（${reason.code}）`
  }
}

const refusalRule = (rule: RefusalRule): string => {
  switch (rule._tag) {
    case "Draining":
      return "正在排空"
    case "NotAllowed":
      return "不在允许连接的范围内"
    case "Denied":
      return `被 ${rule.range} 禁止`
    case "TooManyConnections":
      return `已有 ${rule.limit} 个连接，达到上限`
    case "TooManyOfAddress":
      return `该地址已有 ${rule.limit} 个连接，达到上限`
    case "ProxyNotTrusted":
      return "不在允许连接的代理之中"
    case "ProxyHeaderInvalid":
      return `PROXY 头无效：${rule.problem}`
    case "Suspended":
      return "目前暂停接受连接"
    case "HandshakeTimeout":
      return `${formatMillis(rule.timeoutMillis)} 内没有完成握手`
    case "HandshakeFailed":
      return `TLS：${chineseTlsFailure(rule.code)}`
    case "HandOverFailed":
      return `工作进程 ${rule.worker} 没有接管它（${rule.cause}）`
  }
}

const end = (event: {
  readonly bytesIn: number
  readonly bytesOut: number
  readonly lifetimeMillis: number
  readonly closeNotify?: boolean | undefined
}): string =>
  `接收 ${formatBytes(event.bytesIn)}，发送 ${formatBytes(event.bytesOut)}，历时 ${formatMillis(event.lifetimeMillis)}${cutOf(event.closeNotify)}`

const missedOf = (missed: number): string => `${missed} 个事件来得太快，未显示`

const skipCauses: Readonly<Record<Framing.SkipCause, string>> = {
  tooLong: "超过上限的帧",
  malformed: "不是帧的数据",
  incomplete: "不完整的帧",
}

const skippedOf = (event: {
  readonly cause: Framing.SkipCause
  readonly skipped: number
  readonly total: number
}): string => `${skipCauses[event.cause]}，跳过 ${event.skipped} 字节，共 ${event.total} 字节`

const invalidOf = (event: {
  readonly codec: string
  readonly problem: string
  readonly frame: number
  readonly offset?: number | undefined
}): string =>
  `无法用 ${event.codec} 解码的消息（第 ${event.frame} 帧${event.offset === undefined ? "" : `，位于第 ${event.offset} 字节`}）：${event.problem}`

/** Describes an event of a server in Chinese. */
export const chineseServerEvent = (event: ServerEvent): string => {
  switch (event._tag) {
    case "Listening":
      return `正在监听 ${formatEndpoint(event.endpoint)}`
    case "ListenStopped":
      return `已停止监听 ${formatEndpoint(event.endpoint)}`
    case "AcceptFailed":
      return `无法接受一个连接（${event.code}）`
    case "ConnectionRefused":
      return `已拒绝 ${formatEndpoint(event.remote)}：${refusalRule(event.rule)}`
    case "ConnectionOpened":
      return `${idOf(event.id)} 已连接，来自 ${formatEndpoint(event.remote)}${viaOf(event.proxied)}${tlsOf(event.tls)}`
    case "ConnectionClosed":
      return `${idOf(event.id)} 已断开：${closeReason(event.reason)}；${end(event)}；${formatEndpoint(event.remote)}`
    case "ConnectionHalfClosed":
      return event.by === "peer" ? `${idOf(event.id)} 不再发送（半关闭）` : `不再向 ${idOf(event.id)} 发送（半关闭）`
    case "ConnectionStalled":
      return `${idOf(event.id)} 读取太慢，${formatBytes(event.pendingBytes)} 等待发送`
    case "ConnectionRecovered":
      return `${idOf(event.id)} 已跟上`
    case "FramesDropped":
      return `${idOf(event.id)} 错过 ${event.missed} 帧，共 ${event.total} 帧`
    case "BytesSkipped":
      return `${idOf(event.id)} 发送了${skippedOf(event)}`
    case "MessageInvalid":
      return `${idOf(event.id)} 发送了${invalidOf(event)}`
    case "ConnectionThrottled":
      return `对 ${idOf(event.id)} 放慢读取：${event.by === "maxRate" ? "它" : "全部客户端"}每秒发送超过 ${formatBytes(event.bytesPerSecond)}`
    case "ConnectionUnthrottled":
      return `${idOf(event.id)} 恢复到限速以内`
    case "DrainStarted":
      return event.connections === 0
        ? "正在排空"
        : `正在排空 ${event.connections} 个连接，最多 ${formatMillis(event.deadlineMillis)}`
    case "DrainProgress":
      return `正在排空：还有 ${event.remaining} 个连接，${formatBytes(event.pendingBytes)} 未被接收`
    case "DrainFinished":
      return event.forced === 0 ? "排空完成" : `${event.graceful} 个正常结束，${event.forced} 个被强制结束`
    case "WorkerStarted":
      return `工作进程 ${event.worker} 已启动（进程号 ${event.pid}）`
    case "WorkerEnded":
      return `工作进程 ${event.worker} 已结束（${event.cause}），失去 ${event.connections} 个连接，正在替换`
    case "EventsMissed":
      return missedOf(event.missed)
    case "HubAttached":
    case "HubDetached":
    case "HubRefused":
    case "HubStalled":
    case "HubRecovered":
    case "HubOverflowed":
    case "HubMissed":
    case "HubHistoryOn":
    case "HubHistoryOff":
    case "NodeJoined":
    case "NodeLeft":
    case "NodeMismatched":
      return chineseHubEvent(event)
    case "FrameReceived":
    case "FrameSent":
      return event._tag
  }
}

const connectFailures: Readonly<Record<ConnectFailure, string>> = {
  Refused: "连接被拒绝：那里没有程序在监听，或防火墙拒绝了连接",
  Timeout: "连接超时：对方没有回应",
  NameNotFound: "找不到该主机名",
  Unreachable: "没有通往该地址的路由",
  PermissionDenied: "没有权限",
  PathNotFound: "该路径上没有套接字",
  NotASocket: "该路径上的文件不是套接字",
  TlsFailed: "TLS 失败",
  ProxyUnreachable: "无法连接代理",
  ProxyRefused: "代理拒绝了请求",
  ProxyAuthFailed: "代理拒绝了用户名或密码",
  ProxyInvalid: "无法理解代理的回应",
  SourceUnavailable: "无法使用本机的源地址或端口",
  WrongFamily: "该主机没有所选地址族的地址",
  NotSupported: "本机系统不支持这种端点",
  InvalidEndpoint: "端点无效",
  Failed: "系统拒绝了连接",
}

/** Describes an event of a client in Chinese. */
export const chineseClientEvent = (event: ClientEvent): string => {
  switch (event._tag) {
    case "LookingUp":
      return `正在查找 ${event.host}`
    case "Connecting":
      return event.target === undefined
        ? `正在连接 ${formatEndpoint(event.endpoint)}`
        : `正在经由 ${formatEndpoint(event.endpoint)} 连接 ${formatEndpoint(event.target)}`
    case "Connected":
      return `已连接 ${formatEndpoint(event.remote)}，本机 ${formatEndpoint(event.local)}${tlsOf(event.tls)}`
    case "ConnectFailed": {
      const about = event.reason === "TlsFailed" ? `：${chineseTlsFailure(event.code)}` : `（${event.code}）`
      return `无法连接 ${formatEndpoint(event.endpoint)}：${connectFailures[event.reason]}${about}`
    }
    case "HalfClosed":
      return event.by === "peer" ? "服务器不再发送（半关闭）" : "本方不再发送（半关闭），等待服务器结束"
    case "Closing":
      return "正在关闭"
    case "Disconnected":
      return `已断开：${closeReason(event.reason)}；${end(event)}`
    case "Reconnecting":
      return `${formatMillis(event.delayMillis)} 后进行第 ${event.attempt} 次尝试`
    case "GaveUp":
      return event.attempts === 0 ? "已放弃：再次尝试也会同样失败" : `尝试 ${event.attempts} 次后放弃`
    case "FramesDropped":
      return `缓冲已满，丢弃 ${event.missed} 帧，共 ${event.total} 帧`
    case "BytesSkipped":
      return `服务器发送了${skippedOf(event)}`
    case "MessageInvalid":
      return `服务器发送了${invalidOf(event)}`
    case "EventsMissed":
      return missedOf(event.missed)
    case "FrameReceived":
    case "FrameSent":
      return event._tag
  }
}

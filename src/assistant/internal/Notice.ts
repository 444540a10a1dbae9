import { type Announcement, announcementText } from "../../chat/index.ts"
import type { LogLanguage } from "../../domain/assistant/Log.ts"

/** An announcement that the assistant adds to a log, beside the events of its server or client. */
export type Notice =
  | { readonly _tag: "ReadingPaused" | "ReadingResumed" }
  | { readonly _tag: "AcceptingSuspended" | "AcceptingResumed" }
  | {
      readonly _tag: "ListenFailed"
      readonly endpoint: string
      readonly message: string
      readonly code: string | undefined
    }
  | { readonly _tag: "AttemptsEnded" }
  | { readonly _tag: "Chat"; readonly announcement: Announcement }
  /** The numbers of bytes that were received and sent while frames were not recorded. */
  | { readonly _tag: "NotRecorded"; readonly bytesIn: number; readonly bytesOut: number }
  /** A frame that is larger than the log. */
  | { readonly _tag: "NotKept"; readonly bytes: number; readonly limit: number }

const english = (notice: Notice): string => {
  switch (notice._tag) {
    case "ReadingPaused":
      return "reading is paused"
    case "ReadingResumed":
      return "reading is resumed"
    case "AcceptingSuspended":
      return "new connections are refused"
    case "AcceptingResumed":
      return "new connections are accepted again"
    case "ListenFailed":
      return notice.message
    case "AttemptsEnded":
      return "the attempts to connect have ended"
    case "Chat":
      return announcementText(notice.announcement)
    case "NotRecorded":
      return `${notice.bytesIn} bytes in and ${notice.bytesOut} bytes out before this row were not recorded`
    case "NotKept":
      return `${notice.bytes} bytes were not kept: the log keeps at most ${notice.limit}`
  }
}

const chineseCodes: Readonly<Record<string, string>> = {
  EADDRINUSE: "端口已被占用",
  EACCES: "没有权限",
  EADDRNOTAVAIL: "这个地址不属于本机",
  ENOTFOUND: "找不到该主机名",
  ENOENT: "文件夹不存在",
}

const chinese = (notice: Notice): string => {
  switch (notice._tag) {
    case "ReadingPaused":
      return "已暂停读取"
    case "ReadingResumed":
      return "继续读取"
    case "AcceptingSuspended":
      return "拒绝新的连接"
    case "AcceptingResumed":
      return "重新接受新的连接"
    case "ListenFailed":
      return `无法监听 ${notice.endpoint}：${chineseCodes[notice.code ?? ""] ?? notice.code ?? "端点无效"}`
    case "AttemptsEnded":
      return "不再尝试连接"
    case "Chat":
      return chineseAnnouncement(notice.announcement)
    case "NotRecorded":
      return `此行之前接收的 ${notice.bytesIn} 字节和发送的 ${notice.bytesOut} 字节没有记录`
    case "NotKept":
      return `${notice.bytes} 字节没有保留：日志最多保留 ${notice.limit} 字节`
  }
}

const chineseAnnouncement = (announcement: Announcement): string => {
  switch (announcement._tag) {
    case "Joined":
      return `${announcement.name} 加入了聊天`
    case "Renamed":
      return `${announcement.before} 改名为 ${announcement.name}`
    case "Left":
      return `${announcement.name} 离开了聊天`
  }
}

/** Describes a notice in words. */
export const noticeText = (notice: Notice, language: LogLanguage): string =>
  language === "zh" ? chinese(notice) : english(notice)

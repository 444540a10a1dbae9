import { chineseTlsFailure } from "../../../assistant/chineseTls.ts"
import type { Problem } from "../../../domain/assistant/State.ts"
import type { Trouble } from "../link/ask.ts"
import { language } from "../state/preferences.ts"
import { words } from "./index.ts"
import { chineseAdvice, chineseMessage } from "./zh/refusals.ts"

/** The error codes of the operating system in Chinese, with advice. */
const chineseCodes: Readonly<Record<string, string>> = {
  EADDRINUSE: "端口已被其他程序占用。请换一个端口，或先结束占用它的程序。",
  EACCES: "没有权限。1024 以下的端口通常需要管理员权限，请换一个更大的端口。",
  EADDRNOTAVAIL: "这个地址不属于本机。请从列表中选择一个地址。",
  ECONNREFUSED: "对方拒绝连接：该地址和端口上没有程序在监听。",
  ECONNRESET: "连接被对方重置。",
  ETIMEDOUT: "连接超时：对方没有回应。",
  EHOSTUNREACH: "无法到达该主机。",
  ENETUNREACH: "无法到达该网络。",
  ENOTFOUND: "找不到该主机名。",
  EAI_AGAIN: "暂时无法解析主机名。",
  ENOENT: "文件或路径不存在。",
}

const chineseReasons: Readonly<Partial<Record<Trouble["reason"], string>>> = {
  syntax: "无法读懂这条命令。",
  "wrong-kind": "这个窗口不能执行该命令。",
  nobody: "没有匹配的客户端。",
  payload: "内容无法转换成字节。",
  value: "值不正确。",
  listen: "无法监听。",
  connect: "无法连接。",
  "not-connected": "尚未连接。",
  "already-connected": "已经连接。",
  unknown: "找不到。",
  "name-taken": "名称已被使用。",
  limit: "已达到上限。",
  forbidden: "这里不允许该操作。",
  file: "无法读写文件。",
  ended: "操作被中断。",
}

/** Makes a sentence of a message. The messages of the assistant begin with a small letter and have no full stop. */
const sentence = (text: string): string => {
  const begun = text.replace(/^[a-z](?=[a-z]* )/, (letter) => letter.toUpperCase())
  return begun === "" || /[.!?…。]$/.test(begun) ? begun : `${begun}.`
}

interface TroubleText {
  readonly what: string
  readonly advice: string
}

const plainTrouble = ({ advice = "", message }: Trouble | Problem): TroubleText => ({
  what: sentence(message),
  advice: sentence(advice),
})

/** Why listening or connecting failed, from the code of the error. */
const chineseCause = ({ code, message }: Trouble | Problem): string | undefined => {
  if (code === undefined || !/^cannot (?:listen|connect)/.test(message)) return undefined
  return chineseCodes[code] ?? chineseTlsFailure(code)
}

/**
 * The messages of the assistant are in English. A message without a translation stays in English, after a reason in
 * Chinese.
 */
const chineseTrouble = (trouble: Trouble | Problem, reason: Trouble["reason"] | undefined): TroubleText => {
  const { advice = "" } = trouble
  const message = chineseMessage(trouble.message)
  if (message === undefined) {
    const known = reason === undefined ? undefined : chineseReasons[reason]
    // The page's own messages are in its language.
    const isChinese = /^\p{Script=Han}/u.test(trouble.message)
    return known === undefined || isChinese ? plainTrouble(trouble) : { what: known, advice: trouble.message }
  }
  const cause = chineseCause(trouble)
  if (cause !== undefined) return { what: message.replace(/。$/, `：${cause}`), advice: "" }
  return { what: message, advice: chineseAdvice(advice) ?? sentence(advice) }
}

/** The error in the language of the page, and the advice. */
export const troubleText = (trouble: Trouble | Problem): TroubleText => {
  const reason = "reason" in trouble ? trouble.reason : undefined
  if (reason === "gone") return { what: words.value.gone, advice: "" }
  if (reason === "fault") return { what: words.value.fault, advice: trouble.message }
  return language.value === "zh" ? chineseTrouble(trouble, reason) : plainTrouble(trouble)
}

import { find, named, type Pattern } from "./patterns.ts"

const parameters: Readonly<Record<string, string>> = {
  polynomial: "多项式",
  "initial value": "初始值",
  "final XOR": "结果异或值",
}

/** The descriptions of problems with a value. A message has them after the value and its kind. */
const problems: ReadonlyArray<Pattern> = [
  [/^it is empty$/, "为空"],
  [/^it is not a number with a unit$/, "不是带单位的数字"],
  [/^the unit (".*") is unknown$/, "单位 $1 不存在"],
  [/^it is above 24 days$/, "超过 24 天"],
  [/^it is less than 1 ms$/, "小于 1 ms"],
  [/^it is less than one byte$/, "小于一个字节"],
  [/^it is (?:too large|out of range)$/, "超出范围"],
  [/^it is not a (?:whole )?number.*$/, "不是整数"],
  [/^the port (".*") is not a number$/, "端口 $1 不是数字"],
  [/^the port (\d+) is above 65535$/, "端口 $1 大于 65535"],
  [/^(".*") cannot be a host.*$/, "$1 不能作为主机"],
  [/^the bracket is not closed, or is not followed by :port$/, "方括号没有闭合，或后面没有 :端口"],
  [/^(".*") in the brackets is not an IPv6 address$/, "方括号中的 $1 不是 IPv6 地址"],
  [/^the path of the unix socket is empty$/, "unix 套接字的路径为空"],
  [/^the path of the unix socket contains a zero byte$/, "unix 套接字的路径含有零字节"],
  [
    /^the path of the unix socket has (\d+) bytes; the maximum is (\d+).*$/,
    "unix 套接字的路径有 $1 字节，最多 $2 字节",
  ],
  [/^the path is a number$/, "路径是一个数字"],
  [/^(".*") is not the number of a descriptor$/, "$1 不是描述符的编号"],
  [/^(".*") is not an IP address$/, "$1 不是 IP 地址"],
  [/^the prefix (".*") is not a number from 0 to (\d+)$/, "前缀 $1 不是 0 到 $2 的数字"],
  [/^the name is unknown(.*)$/, (near) => `名称不存在${hint(near)}`],
  [/^it has (\d+) parameters instead of 5$/, "它有 $1 个参数，应有 5 个"],
  [/^the width (".*") is not a number from 1 to 32$/, "位宽 $1 不是 1 到 32 的数字"],
  [/^the last parameter is neither "ref" nor "noref"$/, '最后一个参数不是 "ref" 或 "noref"'],
  [/^the (.*) (".*") is not a hex number$/, (name, text) => `${named(parameters, name)} ${text} 不是十六进制数`],
  [
    /^the (.*) (".*") has more than (\d+) bits$/,
    (name, text, bits) => `${named(parameters, name)} ${text} 超过 ${bits} 位`,
  ],
  [/^there is no such file$/, "文件不存在"],
  [/^there is no such file or folder$/, "文件或文件夹不存在"],
  [/^permission denied$/, "没有权限"],
  [/^it is a folder$/, "这是一个文件夹"],
  [/^it is not a regular file$/, "这不是普通文件"],
  [/^it has (\d+) bytes, and the limit is (\d+)$/, "文件有 $1 字节，上限为 $2"],
  [/^it has more than 4 MiB$/, "文件超过 4 MiB"],
  [/^it is not UTF-8$/, "文件不是 UTF-8"],
  [/^its (\d+) bytes are above the limit of (\d+)$/, "内容有 $1 字节，上限为 $2"],
]

/** The reasons for the end of a client's connection. */
const ends: ReadonlyArray<Pattern> = [
  [/^reset by the peer$/, "被服务器重置"],
  [/^the peer vanished \((.*)\)$/, "服务器失联（$1）"],
  [/^it sent nothing for (.*) after a heartbeat$/, "发出心跳后 $1 内没有收到任何数据"],
  [/^it sent nothing for (.*)$/, "服务器在 $1 内没有发送任何数据"],
  [/^it accepted none of its (\d+) queued bytes for (.*)$/, "服务器在 $2 内没有接收 $1 个等待发送的字节"],
  [/^it sent a frame above (\d+) bytes.*$/, "服务器发送的帧超过 $1 字节"],
  [/^it sent an invalid frame \(at byte (\d+)\): .*$/s, "服务器发送的数据不是帧（位于第 $1 字节）"],
  [/^it ended in the middle of a frame, after (\d+) bytes? of the frame$/, "服务器在一帧中途结束（该帧已到 $1 字节）"],
  [/^its (?:handler|framing) failed \((.*)\)$/s, "处理时出错（$1）"],
  [/^drained$/, "排空后关闭"],
]

/** Why a connection ended, in Chinese. A reason without a translation stays in English. */
export const endText = (text = ""): string => find(ends, text) ?? text

/** What is wrong with a value or a file, in Chinese. A problem without a translation stays in English. */
export const problem = (text = ""): string => find(problems, text) ?? text

/** The suggestion of the nearest known word at the end of a message: ` (did you mean "send"?)`. */
export const hint = (text = ""): string => {
  const near = /^ \(did you mean "?(.*?)"?\?\)$/.exec(text)?.[1]
  return near === undefined ? text : `（是否要写 ${near}？）`
}

import { fixedAdvice, fixedMessages } from "./fixedRefusals.ts"
import { find, named, type Pattern } from "./patterns.ts"
import { endText, hint, problem } from "./problems.ts"

const sides: Readonly<Record<string, string>> = { server: "服务器", client: "客户端" }
const labels: Readonly<Record<string, string>> = { name: "名称", tag: "标签" }
const entries: Readonly<Record<string, string>> = {
  rule: "规则",
  rules: "规则",
  macro: "常用消息",
  macros: "常用消息",
  repeat: "定时发送",
  repeats: "定时发送",
  tab: "窗口",
  tabs: "窗口",
}
const kinds: Readonly<Record<string, string>> = {
  "an endpoint": "端点",
  "a duration": "时间",
  "a deadline": "时限",
  "a count": "数量",
  "a size": "大小",
  "a frame's size": "帧的长度",
  "a framing": "分帧方式",
  "an address range": "地址范围",
}
const filterParts: Readonly<Record<string, string>> = {
  condition: "条件",
  text: "文本",
  "hex digits": "十六进制数字",
}
const needs: Readonly<Record<string, string>> = { "a tag": "标签", "a name": "名称", recipients: "接收者" }

/** Translates a part of a message. A part without a translation stays in English. */
const part = (text = ""): string => translate(text) ?? text

const messages: ReadonlyArray<Pattern> = [
  // Many messages end with a position or with a suggestion of the nearest word.
  [/^(.*), at character (\d+)$/s, (text, at) => `${part(text)}（第 ${at} 个字符）`],
  [/^(.*)( \(did you mean .*\?\))$/s, (text, near) => `${part(text)}${hint(near)}`],

  // Commands
  [
    /^"(.*)" is not a command of a window; the control socket \(--control\) answers it$/,
    '"$1" 不是窗口的命令，由控制套接字（--control）回答',
  ],
  [/^(".*") is not a command$/, "$1 不是命令"],
  [/^(\S+) takes no further words$/, "$1 后面不能再有内容"],
  [/^(\S+) needs a client, such as (.*)$/, "$1 需要一个客户端，例如 $2"],
  [/^(\S+) needs an endpoint, such as (.*)$/, "$1 需要端点，例如 $2"],
  [/^(\S+) needs the name of an encoding, such as (.*)$/, "$1 需要编码名称，例如 $2"],
  [/^(\S+) needs a name, or "" to remove the name$/, '$1 需要名称；"" 去掉名称'],
  [/^(\S+=) needs checksum=$/, "$1 需要同时写 checksum="],
  [/^(\S+) needs (a tag|a name|recipients)$/, (verb, what) => `${verb} 需要${named(needs, what)}`],
  [
    /^(\S+) is for a (server|client), and this is a (server|client)$/,
    (verb, other, own) => `${verb} 用于${named(sides, other)}窗口，而这是${named(sides, own)}窗口`,
  ],
  [
    /^(\S*)=(.*) is unknown; expected (.*)$/s,
    (key, value, expected) => `${key}=${value} 不存在，应为 ${expected.replace(" or ", " 或 ")}`,
  ],
  [/^(\S+) is given twice$/, "$1 写了两次"],
  [/^(\S+=) is not a setting$/, "$1 不是设置"],
  [/^"(.*)" is not the number of a repeat$/, '"$1" 不是定时发送的编号'],
  [/^(\S+=.*) is not an offset in bytes$/s, "$1 不是字节偏移"],
  [/^((?:after |times )?.*) is not a duration$/s, "$1 不是时间"],
  [/^(.*) is out of range; expected (\S+) to 24h$/s, "$1 超出范围，应为 $2 到 24h"],
  [/^(.*) is not a whole number from 1 up$/s, "$1 不是从 1 起的整数"],
  [/^repeat (\d+) does not run$/, "定时发送 $1 没有运行"],
  [/^there is no (rule|macro) (".*")$/s, (what, name) => `没有名为 ${name} 的${named(entries, what)}`],
  [/^there is no tab (\d+)$/, "窗口 $1 不存在"],
  [/^tab (\d+) belongs to the command that runs in the terminal$/, "窗口 $1 属于在终端中运行的命令"],
  [/^there are (\d+) (\w+) already$/, (count, what) => `已有 ${count} 个${named(entries, what)}`],
  [/^(\d+) repeats run already$/, "已有 $1 个定时发送在运行"],
  [
    /^(\d+) (rules|macros) are more than (\d+)$/,
    (count, what, most) => `${count} 个${named(entries, what)}超过上限 ${most}`,
  ],

  // Recipients, names and tags
  [/^no client matches (.*)$/s, "没有客户端匹配 $1"],
  [/^(.*) leaves no client$/s, "$1 没有留下任何客户端"],
  [/^there is no connection #(\d+); it has ended or never existed$/, "没有客户端 #$1：它已断开，或从未连接"],
  [/^(.*) is not the number of a client$/, "$1 不是客户端的编号"],
  [/^"(.*):" is not a kind of recipient$/, '"$1:" 不是接收者的写法'],
  [
    /^(@.*) names a client of another server, which only commands of that server reach$/,
    "$1 是另一台服务器的客户端，只有那台服务器的命令能到达它",
  ],
  [/^(".*") is not a range of addresses: (.*)$/s, (text, why) => `${text} 不是地址范围：${problem(why)}`],
  [
    /^a (name|tag) with (".*") needs quotation marks$/,
    (what, character) => `含有 ${character} 的${named(labels, what)}需要加引号`,
  ],
  [
    /^only one client can have a name, and the recipients are (\d+) clients$/,
    "一个名称只能给一个客户端，而接收者有 $1 个",
  ],
  [/^#(\d+) has the name (".*")$/s, "#$1 已使用名称 $2"],
  [/^#(\d+) has (\d+) tags already$/, "#$1 已有 $2 个标签"],
  [/^the (name|tag) is longer than (\d+) characters$/, (what, most) => `${named(labels, what)}超过 ${most} 个字符`],
  [/^the (name|tag) contains invisible characters$/, (what) => `${named(labels, what)}含有不可见字符`],
  [
    /^the name of the (rule|macro) contains invisible characters$/,
    (what) => `${named(entries, what)}的名称含有不可见字符`,
  ],
  [
    /^a (name|tag) must not start with @ or !, or contain a comma or a quotation mark$/,
    (what) => `${named(labels, what)}不能以 @ 或 ! 开头，也不能含有逗号或引号`,
  ],

  // Payloads
  [/^(".*"|the end) is not a hex digit$/s, "$1 不是十六进制数字"],
  [/^(".*"|the end) is not a base64 digit$/s, "$1 不是 Base64 字符"],
  [/^a digit is missing next to (.)$/, "$1 旁边缺少一位数字"],
  [/^(\$\{.*\}) is not a variable$/s, "$1 不是变量"],
  [
    /^(\$\{bytes\}) takes one byte or a range, such as (\S+) or (\S+), up to byte (\d+)$/,
    "$1 取一个字节或一个范围，例如 $2 或 $3，最大到字节 $4",
  ],
  [/^(\$\{.*\}) takes no argument after a colon$/, "$1 的冒号后面不能有参数"],
  [/^(\$\{.*\}) takes a number from 1 to (\d+)$/, "$1 的参数是 1 到 $2 的数字"],
  [/^(\$\{.*\}) is a text, and cannot be in hex$/, "$1 是文本，不能用在十六进制中"],
  [
    /^(\$\{.*\}) has no value here: the frame has fewer bytes, or there is none$/,
    "$1 在这里没有值：收到的帧没有这些字节，或没有收到帧",
  ],
  [/^(\$\{.*\}) has no value here$/, "$1 在这里没有值"],
  [/^half of a surrogate pair \((U\+\w+)\) cannot be encoded in (\S+)$/, "$2 无法编码半个代理对（$1）"],
  [/^(".*") \((U\+\w+)\) cannot be encoded in (\S+)$/s, "$3 无法编码 $1（$2）"],
  [/^(".*") is not an encoding$/s, "$1 不是编码"],
  [/^the tables of encodings cannot be read: (.*)$/s, "无法读取编码表：$1"],
  [/^(.*) is not a setting of a checksum$/s, "$1 不是校验的设置"],
  [/^(".*") is not a checksum$/s, "$1 不是校验方式"],
  [/^(".*") is not a CRC: (.*)$/s, (text, why) => `${text} 不是 CRC：${problem(why)}`],
  [
    /^the range of the checksum begins at byte (\d+), after its end at byte (\d+)$/,
    "校验范围从字节 $1 开始，晚于它的末尾（字节 $2）",
  ],
  [
    /^the (\d+) bytes of the checksum exceed the end of the payload of (\d+) bytes \(at=(.*)\)$/,
    "$1 字节的校验值超出了 $2 字节内容的末尾（at=$3）",
  ],
  [/^(\w+)=(-?\d+) lies outside the payload of (\d+) bytes$/, "$1=$2 在 $3 字节的内容之外"],
  [
    /^the payload cannot be sent as one frame \((.*?)\): (.*)$/s,
    (framing, why) => `内容不能作为一帧发送（${framing}）：${problem(why)}`,
  ],
  [/^the file (".*") cannot be read: (.*)$/s, (path, why) => `无法读取文件 ${path}：${problem(why)}`],
  [/^the file (".*") was not read$/s, "没有读取文件 $1"],

  // Rules
  [/^a match is missing; expected (.*)$/, "缺少条件，应为 $1"],
  [
    /^"(.*)" is not a match; expected (.*?)( \(did.*\))?$/,
    (word, expected, near) => `"${word}" 不是条件，应为 ${expected}${hint(near)}`,
  ],
  [/^"when" and a match are missing$/, '缺少 "when" 和条件'],
  [/^a text is missing after (".*")$/, "$1 后面缺少文本"],
  [/^an action is missing; expected (.*)$/, "缺少动作，应为 $1"],
  [/^"(.*)" is not an action; expected (.*)$/, '"$1" 不是动作，应为 $2'],
  [/^the flag (".*") is unknown; the only flag is i$/, "标志 $1 不存在，只有标志 i"],
  [/^(".*") is not a regular expression: (.*)$/s, "$1 不是正则表达式：$2"],
  [/^the regular expression is invalid: (.*)$/s, "正则表达式有误：$1"],
  [
    /^(\d+) actions( for one client)? are already waiting; this one was dropped$/,
    (count, client) => `已有 ${count} 个动作在等待${client === undefined ? "" : "（同一客户端）"}，这个动作被放弃`,
  ],

  // Endpoints, connections, windows and files
  [
    /^(".*"…?) is not (an? [^:]+): (.*?); expected (.*)$/s,
    (text, kind, why) => `${text} 不是有效的${named(kinds, kind)}：${problem(why)}`,
  ],
  [/^cannot listen on (.+?): (.*)$/s, "无法监听 $1"],
  [/^cannot connect to (.+?) by way of (.+?): (.*)$/s, "无法经由 $2 连接 $1"],
  [/^cannot connect to (.+?): (.*)$/s, "无法连接 $1"],
  [/^the connection ended: (.*)$/s, (why) => `连接已断开：${endText(why)}`],
  [/^the server does not listen on (.*)$/, "服务器没有监听 $1"],
  [/^the server does not listen$/, "服务器没有监听"],
  [/^already connected to (.*)$/, "已连接 $1"],
  [/^the server does not read: (\d+) bytes are queued for it$/, "服务器不读取数据：$1 字节等待发送"],
  [/^a (server|client) window has no setting (\w+)$/, (side, name) => `${named(sides, side)}窗口没有设置 ${name}`],
  [/^the filter has no (.*)$/, (what) => `筛选缺少${named(filterParts, what)}`],
  [/^row (\d+) is an announcement and has no bytes$/, "第 $1 行是通知，没有字节"],
  [/^row (\d+) has been dropped; the log starts at row (\d+)$/, "第 $1 行已不再保留，日志从第 $2 行开始"],
  [/^row (\d+) does not exist yet$/, "第 $1 行还不存在"],
  [/^(.*) cannot be read: (.*)$/s, (path, why) => `无法读取 ${path}：${problem(why)}`],
  [/^(.*) cannot be written: (.*)$/s, (path, why) => `无法写入 ${path}：${problem(why)}`],
]

/** Translates a message without its full stop. Returns `undefined` for a message without a translation. */
const translate = (message: string): string | undefined => fixedMessages[message] ?? find(messages, message)

const advices: ReadonlyArray<Pattern> = [
  [/^Such as:? (.*?)\.?$/s, "例如：$1"],
  [/^The form is: (.*?)\.?$/s, "格式：$1"],
  [/^Commands: (.*?)\.?$/s, "命令：$1"],
  [/^Recipients: (.*) and (@last), with commas between them\.$/, "接收者：$1 和 $2，用逗号分隔"],
  [/^Encodings: (.*), the windows and the ISO 8859 families\.$/, "编码：$1，以及 windows 和 ISO 8859 系列"],
  [/^Escapes in quotation marks: (.*?)\.?$/s, "引号中的转义：$1"],
  [
    /^Escapes: (.*)\. Without escapes \(escapes=off\) a backslash is literal\.$/s,
    "转义：$1。关闭转义（escapes=off）后反斜杠按原样发送",
  ],
  [/^Variables: (.*); write (.*) for a literal (.*)\.$/s, "变量：$1；要发送 $3 本身请写 $2"],
  [/^A variable is (.*); write (.*) for a literal (.*)\.$/s, "变量写作 $1；要发送 $3 本身请写 $2"],
  [/^A CRC can also be written by its parameters: (.*?)\.?$/s, "CRC 也可以用参数书写：$1"],
  [
    /^Write (crc:\S+): the width in bits from 1 to 32, the others in hex\. MODBUS: (.*)\.$/,
    "请写 $1：位宽是 1 到 32，其余为十六进制。MODBUS：$2",
  ],
  [
    /^Give the command to the server (.*), or write (@.*) for a client with this name\.$/s,
    "请在服务器 $1 上执行该命令；名称如此的客户端请写 $2",
  ],
  [/^Write (@.*) for a client with this name\.$/s, "名称如此的客户端请写 $1"],
]

const sentence = (text: string): string => (text === "" || /[。？！]$/.test(text) ? text : `${text}。`)

/** The message of a refusal in Chinese; `undefined` for a message without a translation. */
export const chineseMessage = (message: string): string | undefined => {
  const chinese = translate(message)
  return chinese === undefined ? undefined : sentence(chinese)
}

/** The advice of a refusal in Chinese; `undefined` for advice without a translation. */
export const chineseAdvice = (advice: string): string | undefined => {
  const chinese = fixedAdvice[advice] ?? find(advices, advice)
  return chinese === undefined ? undefined : sentence(chinese)
}

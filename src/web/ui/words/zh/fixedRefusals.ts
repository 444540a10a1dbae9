/** The messages of the assistant that never vary, and their translations. */
export const fixedMessages: Readonly<Record<string, string>> = {
  // Commands
  "a command is missing": "缺少命令",
  "recipients are missing": "缺少接收者",
  "the endpoint is empty": "端点为空",
  "the name is empty": "名称为空",
  "the tag is empty": "标签为空",
  "the tag is missing": "缺少标签",
  "the name of the encoding is empty": "编码名称为空",
  "the quotation mark is not closed": "引号没有闭合",
  "the quotation mark is not closed, or no blank follows the closing one": "引号没有闭合，或闭合的引号后面缺少空格",
  "a blank is missing after the quotation mark": "引号后面缺少空格",
  "there is nothing to send": "没有要发送的内容",
  "broadcast sends to every client": "broadcast 总是发给所有客户端",
  "repeat needs every=TIME, such as every=1s": "repeat 需要 every=时间，例如 every=1s",
  "this window cannot end the program": "这个窗口不能结束程序",
  "there are no files to reload": "没有可重新读取的文件",

  // Recipients
  "a recipient is missing": "缺少接收者",
  "a comma is missing before the next recipient": "下一个接收者前面缺少逗号",
  "a blank is missing after the recipients": "接收者后面缺少空格",
  "all-but needs the clients to exclude": "all-but 需要写明要排除的客户端",
  "all-but must precede all other recipients": "all-but 必须写在其他接收者之前",
  "the recipients only exclude clients": "这些接收者只排除了客户端",
  'a "!" is not allowed after all-but, which excludes all of these': 'all-but 已排除后面的全部客户端，不能再写 "!"',
  "no client is connected": "没有客户端连接",
  "nothing can be sent: the connections of these clients are closing": "无法发送：这些客户端的连接正在关闭",
  "only a server window has clients with names and tags": "只有服务器窗口的客户端有名称和标签",

  // Payloads
  "the escape is unknown or incomplete": "转义不存在或不完整",
  "the variable is not closed": "变量没有闭合",
  "= is misplaced": "= 的位置不对",
  "a digit follows the padding": "填充之后还有字符",
  "the last digit is less than a byte": "最后一个字符不足一个字节",
  "the name of a checksum is missing": "缺少校验方式的名称",
  "the padding is incomplete": "填充不完整",

  // Rules and macros
  "a rule needs a name": "规则需要名称",
  "the rule has no name": "规则没有名称",
  "the macro has no name": "常用消息没有名称",
  '"then" is missing before the next action': '下一个动作前面缺少 "then"',
  'a time is missing after "after"': '"after" 后面缺少时间',
  'a number is missing after "times"': '"times" 后面缺少次数',
  'a name is missing after "rename"': '"rename" 后面缺少名称',
  'a tag is missing after "tag"': '"tag" 后面缺少标签',
  'a pattern is missing after "hex"': '"hex" 后面缺少模式',
  "a regular expression needs slashes around it": "正则表达式需要写在两个斜杠之间",
  "the text to look for is empty": "要查找的文本为空",
  "the * is not at the end of the pattern": "* 不在模式的末尾",
  "a digit is missing": "缺少一位数字",
  "the pattern is empty": "模式为空",
  "rules cannot act here: a program, a chat or worker processes handle the frames":
    "规则在这里不起作用：收到的帧由程序、聊天室或工作进程处理",

  // Connections and windows
  "there is no connection": "尚未连接",
  "an attempt to connect is already running": "正在尝试连接",
  "the server closed the connection": "服务器关闭了连接",
  "the attempt to connect was cancelled": "连接尝试已取消",
  "the key needs the file of its certificate": "私钥需要相应的证书文件",
  "there is no project file": "没有项目文件",
}

/** The advice of the assistant that never varies, and its translation. */
export const fixedAdvice: Readonly<Record<string, string>> = {
  "Use send for recipients. Write -- before a content that begins with @.":
    "指定接收者请用 send。以 @ 开头的内容前面请写 --。",
  "Write -- for an empty content.": "发送空内容请写 --。",
  "Write -- before a content that begins like this.": "如果内容本身这样开头，请在前面写 --。",
  "Use equals to match an empty frame.": "匹配空的帧请用 equals。",
  "Choose another encoding, such as utf-8, or remove the character.": "请换一种编码，例如 utf-8，或删除这个字符。",
  "Hex is two digits a byte: 01 03, 0x01,0x03, 01:03, 0103 or \\x01\\x03.":
    "十六进制每字节两位：01 03、0x01,0x03、01:03、0103 或 \\x01\\x03。",
  "Base64 is A-Z a-z 0-9 + / (or - _), with or without = at the end.":
    "Base64 由 A-Z a-z 0-9 + /（或 - _）组成，末尾可以有 =。",
  "A variable of hex is \u0024{bytes:12-13}.": "十六进制中可用的变量是 \u0024{bytes:12-13}。",
  "A pattern has hex digits, ? for any digit, and * at the end for any rest: 78 78 ?? 01 *.":
    "模式由十六进制数字组成，? 代表任意一位，末尾的 * 代表其余任意内容：78 78 ?? 01 *。",
  "A duration is a number with ms, s, m or h, such as 500ms.": "时间是带 ms、s、m 或 h 的数字，例如 500ms。",
  "the syntax is that of RE2, without look-around and back-references": "语法是 RE2 的语法，没有环视和反向引用",
  "end the program where it was started": "请在启动程序的地方结束它",
  "give recipients such as @3 or @all": "请写明接收者，例如 @3 或 @all",
  "the files of access rules and TLS are set when the server starts": "访问规则和 TLS 的文件在服务器启动时指定",
  "connect first": "请先连接",
  "disconnect first": "请先断开",
  "wait until it reads, or disconnect": "请等待对方读取，或断开连接",
  "cancel one of them": "请先取消其中一个",
  "close one of them": "请先关闭其中一个",
  "end that command": "请结束那条命令",
}

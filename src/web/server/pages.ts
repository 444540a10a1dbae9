import { loginPath, returnPath } from "../api/access.ts"
import type { GuardProblem } from "./Guard.ts"

// Refusal pages in English and Chinese. They contain no data of this machine and no text of the request.

interface Texts {
  readonly title: string
  readonly english: string
  readonly chinese: string
}

/** The reason why a browser does not get the page. */
export type RefusalProblem = GuardProblem | "password" | "busy"

const texts: Readonly<Record<RefusalProblem, Texts>> = {
  token: {
    title: "tcpfx: the address has no valid token",
    english:
      "Open the whole address that tcpfx has printed in its terminal, with ?token=… at its end. Each start of tcpfx has a new address.",
    chinese: "请打开 tcpfx 在终端里打印的完整地址（末尾带有 ?token=…）。每次启动地址都会更新。",
  },
  host: {
    title: "tcpfx: unknown host name",
    english: "This server does not accept that host name. Open the address that tcpfx has printed in its terminal.",
    chinese: "服务器不接受这个主机名。请打开 tcpfx 在终端里打印的地址。",
  },
  origin: {
    title: "tcpfx: request from another site",
    english: "Another site sent this request. Open the address that tcpfx has printed in its terminal.",
    chinese: "该请求来自其他网站。请打开 tcpfx 在终端里打印的地址。",
  },
  password: {
    title: "tcpfx: the password is wrong",
    english: "The password does not match the password file. Try again.",
    chinese: "密码错误，请重试。",
  },
  busy: {
    title: "tcpfx: too many attempts",
    english: "There are too many attempts at once. Wait a few seconds, then try again.",
    chinese: "尝试次数过多，请稍后再试。",
  },
}

const form = `<form method="post" action="${loginPath}">
<p><label>Password / 密码 <input type="password" name="password" autocomplete="current-password" required autofocus></label>
<button>Open / 打开</button></p>
</form>`

/** The page that says why the server refuses a request and what to do. It has a form if the server has a password. */
export const refusalPage = (problem: RefusalProblem, options: { readonly hasPassword: boolean }): string => {
  const { chinese, english, title } = texts[problem]
  const withForm = options.hasPassword && problem !== "host" && problem !== "origin"
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${title}</title>
${problem === "token" ? `<script src="${returnPath}"></script>` : ""}
</head>
<body>
<h1>${title}</h1>
<p>${english}</p>
<p lang="zh-CN">${chinese}</p>
${withForm ? form : ""}
</body>
</html>
`
}

// Makes docs/pictures/terminal.svg of the README. A real server and two real clients run in terminals (script(1) of
// util-linux). The picture shows the final text of the server and of the first client. Needs a build and a free port
// 12345.
import { spawn } from "node:child_process"
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

const root = fileURLToPath(new URL("..", import.meta.url))
const columns = 88
const quote = (text) => `'${text.replaceAll("'", "'\\''")}'`

/** Starts the command in a terminal. `until` waits for a text in its output. */
const terminal = (args) => {
  const command = [process.execPath, join(root, "bin", "tcpfx.cjs"), ...args].map(quote).join(" ")
  const child = spawn("script", ["-qefc", `stty cols ${columns} rows 40; exec ${command}`, "/dev/null"], {
    stdio: ["pipe", "pipe", "inherit"],
    env: { ...process.env, TERM: "xterm-256color", NO_COLOR: "" },
  })
  const look = new Set()
  const self = { shown: "", type: (text) => child.stdin.write(text), ended: false }
  child.stdout.setEncoding("utf8")
  child.stdout.on("data", (text) => {
    self.shown += text
    for (const check of look) check()
  })
  child.on("exit", () => {
    self.ended = true
    for (const check of look) check()
  })
  const wait = (holds, what) =>
    new Promise((resolve, reject) => {
      const deadline = setTimeout(() => done(reject, new Error(`no ${what} in 10 s: ${self.shown}`)), 10_000)
      const done = (settle, value) => {
        clearTimeout(deadline)
        look.delete(check)
        settle(value)
      }
      const check = () => {
        if (holds()) done(resolve)
        else if (self.ended) done(reject, new Error(`the command has ended without ${what}: ${self.shown}`))
      }
      look.add(check)
      check()
    })
  self.until = (text) => wait(() => self.shown.includes(text), JSON.stringify(text))
  self.end = () => wait(() => self.ended, "end")
  self.kill = () => child.kill()
  return self
}

const escaped = (text) => text.replace(/[&<>]/g, (character) => `&#${character.charCodeAt(0)};`)

const width = 8.4
const height = 19
const margin = 16

/** The rows of a terminal as SVG. The command uses two colour codes: red for sent text, faint for events. */
const rows = (text, top) =>
  text.split("\r\n").map((row, index) => {
    let column = 0
    let style = "plain"
    const spans = []
    for (const [, codes, plain] of row.matchAll(/\u001b\[([\d;]*)m|([^\u001b]+)/g)) {
      if (codes !== undefined) {
        style = { 31: "sent", 2: "news" }[codes] ?? "plain"
        continue
      }
      const x = (margin + column * width).toFixed(1)
      const length = (plain.length * width).toFixed(1)
      spans.push(`<tspan class="${style}" x="${x}" textLength="${length}">${escaped(plain)}</tspan>`)
      column += plain.length
    }
    return `<text y="${top + index * height}" xml:space="preserve">${spans.join("")}</text>`
  })

const windowOf = (title, text, top) => {
  const lines = text.trimEnd()
  const tall = 34 + lines.split("\r\n").length * height + margin
  const body = rows(lines, top + 34 + margin)
  const frame = `<rect class="window" x="0.5" y="${top + 0.5}" width="${columns * width + 2 * margin - 1}" height="${tall - 1}" rx="8"/>`
  return { tall, svg: [frame, `<text class="title" x="${margin}" y="${top + 24}">${escaped(title)}</text>`, ...body] }
}

const server = terminal(["serve", "12345", "--plain"])
const clients = []
try {
  await server.until("listening on 127.0.0.1:12345")
  const client = terminal(["connect", "--plain"])
  clients.push(client)
  await server.until("#1 connected")
  const second = terminal(["connect", "--plain"])
  clients.push(second)
  await server.until("#2 connected")
  second.type("temperature 23.5 °C\n")
  await server.until("#2 < temperature")
  client.type("hello from the client\n")
  await server.until("#1 < hello")
  server.type("hello to all of you\n")
  await client.until("< hello to all")
  await second.until("< hello to all")
  for (const [index, one] of clients.entries()) {
    one.type("\u0004")
    await server.until(`#${index + 1} closed`)
    await one.end()
  }
  // Removes the addresses of this machine from the picture.
  const prompt = (line, { shown }) => `$ ${line}\r\n${shown.replace(/^tcpfx: only this machine.*\r\n/m, "")}`
  const first = windowOf("The server", prompt("npx tcpfx serve --plain", server), 0)
  const other = windowOf("A client", prompt("npx tcpfx connect --plain", client), first.tall + 14)
  const [wide, tall] = [Math.ceil(columns * width + 2 * margin), first.tall + 14 + other.tall]
  const svg = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${wide} ${tall}" width="${wide}" height="${tall}" role="img">`,
    "<title>tcpfx in two terminals: a server and one of its clients</title>",
    `<style>text{font:14px ui-monospace,"DejaVu Sans Mono",Menlo,Consolas,monospace;fill:#e6e6e6}`,
    ".title{font:600 13px system-ui,sans-serif;fill:#9aa4af}.sent{fill:#ff7b72}.news{fill:#9aa4af}",
    ".window{fill:#14181d;stroke:#3a424c}</style>",
    ...first.svg,
    ...other.svg,
    "</svg>",
    "",
  ].join("\n")
  const path = join(root, "docs", "pictures", "terminal.svg")
  writeFileSync(path, svg)
  process.stdout.write(`${path} ${svg.length}\n`)
} finally {
  for (const client of clients) if (!client.ended) client.kill()
  if (!server.ended) {
    server.type("\u0003")
    await server.end()
  }
}

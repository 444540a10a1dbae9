// Makes docs/pictures/terminal.svg of the README: a recording of the console of `tcpfx serve` as an animated SVG. A real
// server runs in a terminal (script(1) of util-linux), two real clients connect, and this script types. A terminal without
// a window (@xterm/headless) shows what the server writes; its cells become the text of the picture. Needs a build and the
// free ports 12345, 50412 and 50990. Times are replaced, so each run makes the same picture.
import { spawn } from "node:child_process"
import { writeFileSync } from "node:fs"
import { connect } from "node:net"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import xterm from "@xterm/headless"

const root = fileURLToPath(new URL("..", import.meta.url))
const columns = 86
const rows = 24
// The number of rows in the picture: the last rows of the terminal.
const shownRows = 17
const deadlineMillis = 10_000
// The recording shows each picture for `pictureSeconds`, and the last picture for `lastSeconds`.
const pictureSeconds = 2.2
const lastSeconds = 6

/**
 * Starts tcpfx in a pseudo-terminal, and shows its output in a terminal emulator (`window`). `until` waits until the
 * text in the emulator matches a pattern.
 */
const terminal = (args) => {
  const command = [process.execPath, join(root, "bin", "tcpfx.cjs"), ...args].map((word) => `'${word}'`).join(" ")
  const shell = `stty cols ${columns} rows ${rows}; exec ${command}`
  const { NO_COLOR: _, ...environment } = process.env
  const child = spawn("script", ["-qefc", shell, "/dev/null"], {
    stdio: ["pipe", "pipe", "inherit"],
    env: { ...environment, TERM: "xterm-256color", TCPFX_HISTORY: "/dev/null" },
  })
  const window = new xterm.Terminal({ cols: columns, rows, scrollback: 1000, allowProposedApi: true })
  const checks = new Set()
  const look = () => {
    for (const check of [...checks]) check()
  }
  let isOver = false
  child.stdout.on("data", (bytes) => window.write(bytes, look))
  const ended = new Promise((resolve) => {
    child.once("close", () => {
      isOver = true
      look()
      resolve()
    })
  })
  const text = () => {
    const buffer = window.buffer.active
    return Array.from({ length: buffer.length }, (_, at) => buffer.getLine(at).translateToString(true)).join("\n")
  }
  const until = (pattern) =>
    new Promise((resolve, reject) => {
      const end = (settle, value) => {
        clearTimeout(deadline)
        checks.delete(check)
        settle(value)
      }
      const check = () => {
        if (pattern.test(text())) end(resolve)
        else if (isOver) end(reject, new Error(`the command ended before ${pattern}: ${text()}`))
      }
      const deadline = setTimeout(
        () => end(reject, new Error(`${pattern} was not shown in 10 s: ${text()}`)),
        deadlineMillis,
      )
      checks.add(check)
      check()
    })
  return { window, until, type: (keys) => child.stdin.write(keys), ended, isOver: () => isOver }
}

const dial = (localPort) =>
  new Promise((resolve, reject) => {
    const socket = connect({ host: "127.0.0.1", port: 12345, localPort }, () => resolve(socket))
    socket.once("error", reject)
    socket.resume()
  })

const palette = { 1: "red", 2: "green", 3: "yellow" }

/** The parts of a row with the same style: their text, style, first column and width. */
const partsOf = (line) => {
  const parts = []
  for (let at = 0; at < columns; at++) {
    const cell = line.getCell(at)
    if (cell.getWidth() === 0) continue
    const colour = cell.isFgPalette() ? palette[cell.getFgColor()] : undefined
    const style = [colour, cell.isDim() ? "dim" : undefined, cell.isBold() ? "bold" : undefined]
      .filter((name) => name !== undefined)
      .join(" ")
    const last = parts.at(-1)
    const text = cell.getChars() || " "
    if (last?.style === style) {
      last.text += text
      last.width += cell.getWidth()
    } else parts.push({ text, style, at, width: cell.getWidth() })
  }
  const last = parts.at(-1)
  if (last?.style === "") {
    const text = last.text.trimEnd()
    last.width -= last.text.length - text.length
    last.text = text
  }
  return parts.filter(({ text }) => text !== "")
}

const firstTime = Date.UTC(2026, 0, 1, 14, 3, 10, 559)
const timeStep = 1237

/** The rows on the screen and the cursor, without the addresses of this machine and with invented times. */
const pictureOf = (window) => {
  const buffer = window.buffer.active
  const pictured = []
  let times = 0
  let isLeftOut = false
  for (let at = 0; at <= buffer.baseY + buffer.cursorY; at++) {
    const line = buffer.getLine(at)
    isLeftOut = line.isWrapped ? isLeftOut : /^only this machine/.test(line.translateToString())
    if (isLeftOut) continue
    const parts = partsOf(line)
    const [first] = parts
    if (first !== undefined && /^\d\d:\d\d:\d\d\.\d{3} $/.test(first.text)) {
      first.text = `${new Date(firstTime + timeStep * times++).toISOString().slice(11, 23)} `
    }
    pictured.push(parts)
  }
  const shown = pictured.slice(-shownRows)
  return { rows: shown, cursor: { x: buffer.cursorX, y: shown.length - 1 } }
}

const width = 8.4
const height = 19
const margin = 16
const escaped = (text) => text.replace(/[&<>]/g, (character) => `&#${character.charCodeAt(0)};`)

const svgOf = ({ cursor, rows: lines }, index) => {
  const top = (row) => margin + 14 + row * height
  const x = (column) => (margin + column * width).toFixed(1)
  const texts = lines.flatMap((parts, row) =>
    parts.map(
      ({ at, style, text, width: cells }) =>
        `<text${style === "" ? "" : ` class="${style}"`} x="${x(at)}" y="${top(row)}" textLength="${(cells * width).toFixed(1)}" xml:space="preserve">${escaped(text)}</text>`,
    ),
  )
  const block = `<rect class="cursor" x="${x(cursor.x)}" y="${top(cursor.y) - 14}" width="${width}" height="${height}"/>`
  return `<g class="picture p${index}">${[...texts, block].join("\n")}</g>`
}

/** The styles that show each picture for its time. Without animation, the last picture stays. */
const animation = (pictures) => {
  const total = Number(((pictures - 1) * pictureSeconds + lastSeconds).toFixed(1))
  const share = (seconds) => `${((100 * seconds) / total).toFixed(2)}%`
  const styles = Array.from({ length: pictures }, (_, index) => {
    const from = index * pictureSeconds
    const to = index === pictures - 1 ? total : from + pictureSeconds
    const before = index === 0 ? "" : "0%{visibility:hidden}"
    const after = index === pictures - 1 ? "" : `${share(to)}{visibility:hidden}`
    return `.p${index}{animation:k${index} ${total}s step-end infinite}@keyframes k${index}{${before}${share(from)}{visibility:visible}${after}}`
  })
  return `.picture{visibility:hidden}.p${pictures - 1}{visibility:visible}@media(prefers-reduced-motion:no-preference){${styles.join("")}}`
}

const server = terminal(["serve", "12345"])
const clients = []
const pictures = []
try {
  // The figures of the status row change with time, so a picture waits for its bytes, and until the rates are zero.
  const take = async (pattern, bytesIn, bytesOut) => {
    await server.until(pattern)
    await server.until(new RegExp(`in ${bytesIn} B, 0 B/s · out ${bytesOut} B, 0 B/s`))
    pictures.push(pictureOf(server.window))
  }
  await take(/listening on 127\.0\.0\.1:12345 · 0 clients/, 0, 0)
  const plc = await dial(50412)
  clients.push(plc)
  await server.until(/#1 connected/)
  const panel = await dial(50990)
  clients.push(panel)
  await server.until(/#2 connected/)
  plc.write("temperature 23.5 °C\r\n")
  await server.until(/#1 < temperature/)
  panel.write("温度计 ready\n")
  await take(/#2 < 温度计[\s\S]* 2 clients/, 38, 0)
  server.type("/name @1 plc-1")
  await take(/^> \/name @1 plc-1$/m, 38, 0)
  server.type("\r")
  await server.until(/done for #1/)
  server.type("hello to all of you\r")
  await take(/> hello to all of you\\n/, 38, 40)
  server.type("/rule greet when contains login reply welcome\\n")
  await take(/^> \/rule greet .*\\n$/m, 38, 40)
  server.type("\r")
  await server.until(/ · 1 rule/)
  panel.write("login panel\n")
  await take(/> welcome\\n \(greet\)/, 50, 48)
  server.type("/view both\r")
  await server.until(/shown as hex and text/)
  server.type("/checksum modbus\r")
  await server.until(/checksum: modbus/)
  server.type("/to @plc-1\r")
  await server.until(/^@plc-1> /m)
  server.type("/hex 01 03 00 0A 00 02")
  await take(/^@plc-1> \/hex 01 03 00 0A 00 02/m, 50, 48)
  server.type("\r")
  await server.until(/> 01 03 00 0A 00 02 E4 09/)
  plc.write(Buffer.from("010304002a00071a39", "hex"))
  await take(/#1 plc-1 < 01 03 04 00 2A/, 59, 56)
  const [wide, tall] = [Math.ceil(columns * width + 2 * margin), shownRows * height + 2 * margin]
  const svg = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${wide} ${tall}" width="${wide}" height="${tall}" role="img">`,
    "<title>The console of tcpfx serve: clients connect and send, and the user names one, sends, adds a rule and sends hex</title>",
    `<style>text{font:14px ui-monospace,"DejaVu Sans Mono",Menlo,Consolas,monospace;fill:#e6e6e6}.dim{fill:#9aa4af}.red{fill:#ff7b72}`,
    `.green{fill:#7ee787}.yellow{fill:#e3b341}.bold{font-weight:600}.window{fill:#14181d;stroke:#3a424c}.cursor{fill:#e6e6e6;opacity:.5}`,
    `${animation(pictures.length)}</style>`,
    `<rect class="window" x="0.5" y="0.5" width="${wide - 1}" height="${tall - 1}" rx="8"/>`,
    ...pictures.map(svgOf),
    "</svg>",
    "",
  ].join("\n")
  const path = join(root, "docs", "pictures", "terminal.svg")
  writeFileSync(path, svg)
  process.stdout.write(`${path} ${svg.length}\n`)
} finally {
  for (const client of clients) client.destroy()
  server.type("\u0015/quit\r")
  await server.ended
}

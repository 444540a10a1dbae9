// Makes the pictures of the README in docs/pictures: both windows of the page, light and dark. Needs a build, and
// Debian's chromium or the browser at TCPFX_CHROMIUM.
import { spawn } from "node:child_process"
import { mkdirSync, mkdtempSync, rmSync, statSync } from "node:fs"
import { connect } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { chromium } from "playwright-core"

const root = fileURLToPath(new URL("..", import.meta.url))
const folder = join(root, "docs", "pictures")
const work = mkdtempSync(join(tmpdir(), "tcpfx-pictures-"))

const address = (command) =>
  new Promise((resolve, reject) => {
    let said = ""
    const read = (data) => {
      said += data
      const found = /https?:\/\/\S+token=\S+/.exec(said)
      if (found !== null) resolve(found[0])
    }
    command.stdout.on("data", read)
    command.stderr.on("data", read)
    command.once("exit", (code) => reject(new Error(`tcpfx ui ended with ${code}: ${said}`)))
  })

const dial = (port) =>
  new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => resolve(socket))
    socket.once("error", reject)
    socket.resume()
  })

const listen = async (page) => {
  await page.getByLabel("Port").fill("12345")
  await page.getByRole("button", { name: "Start listening" }).click()
  await page.locator(".form .status-text", { hasText: "listening on" }).waitFor()
  return 12345
}

const row = (page, text) => page.locator(".log-rows .row:not([hidden])").filter({ hasText: text }).first().waitFor()

const send = async (page, content) => {
  await page.getByLabel("Message", { exact: true }).fill(content)
  await page.getByRole("button", { name: "Send", exact: true }).click()
}

const select = (page, id) => page.locator(`#client-${id}`).click()

const name = async (page, id, text, tag) => {
  const actions = page.locator(".client-actions")
  await select(page, id)
  await actions.getByLabel("Name", { exact: true }).fill(text)
  await actions.getByRole("button", { name: "Rename" }).click()
  if (tag !== undefined) {
    await actions.getByLabel("Tag", { exact: true }).fill(tag)
    await actions.getByRole("button", { name: "Add" }).click()
    await page.locator(`#client-${id}`).filter({ hasText: tag }).waitFor()
  }
  await page.locator(`#client-${id}`).filter({ hasText: text }).waitFor()
  await select(page, id)
}

const play = async (page) => {
  const port = await listen(page)
  const sockets = []
  for (const id of [1, 2, 3]) {
    sockets.push(await dial(port))
    await page.locator(`#client-${id}`).waitFor()
  }
  await name(page, 1, "plc-1", "line2")
  await name(page, 2, "plc-2", "line2")
  await name(page, 3, "panel")
  const [plc, second, panel] = sockets
  await page.getByLabel("To", { exact: true }).fill("@tag:line2")
  await page.getByLabel("Format").selectOption("hex")
  await page.getByLabel("Checksum", { exact: true }).selectOption("modbus")
  await send(page, "01 03 00 0A 00 02")
  await row(page, "2 clients")
  plc.write(Buffer.from("010304000a00170a3b", "hex"))
  await row(page, "9 B")
  second.write(Buffer.from("010304000b00165b3b", "hex"))
  panel.write("GET /status?line=2")
  await row(page, "GET /status")
  await page.getByLabel("Checksum", { exact: true }).selectOption("")
  await page.getByLabel("Format").selectOption("text")
  await page.getByLabel("To", { exact: true }).fill("@panel")
  await send(page, "line 2: 23.5 °C, 温度正常")
  await row(page, "23.5")
  panel.write("ok")
  await row(page, "ok")
  await page.getByLabel("To", { exact: true }).fill("")
  await page.getByLabel("Message", { exact: true }).fill("heartbeat ${time}")
  await page.getByLabel("Every").fill("1000")
  await page.getByRole("button", { name: "Repeat", exact: true }).click()
  await page.getByText(/^2 sent$/).waitFor()
  await page.getByLabel("Message", { exact: true }).fill("hello, everybody")
  await page.getByText("3 clients").last().waitFor()
  return { port, sockets }
}

const playClient = async (page, port) => {
  await page.locator(".tab-name", { hasText: "Client" }).click()
  await page.getByRole("textbox", { name: "Address" }).fill("127.0.0.1")
  await page.getByLabel("Port").fill(String(port))
  await page.getByRole("button", { name: "Connect", exact: true }).click()
  await page.locator(".form .status-text", { hasText: "connected" }).waitFor()
  await send(page, "Hello, server!")
  await row(page, "Hello, server!")
  await row(page, "heartbeat")
  await page.getByRole("button", { name: "Both", exact: true }).click()
  await page.getByLabel("Message", { exact: true }).fill("read 40001\\r\\n")
  await page.getByText("12 bytes").waitFor()
}

const openWindows = async (page) => {
  for (const kind of ["server", "client"]) {
    const title = kind === "server" ? "Server" : "Client"
    if ((await page.locator(".tab-name", { hasText: title }).count()) > 0) continue
    await page.locator(".top > .menu > summary").click()
    await page.getByRole("button", { name: `New ${kind} window` }).click()
    await page.locator(".tab-name", { hasText: title }).waitFor()
  }
  await page.locator(".tab-name", { hasText: "Server" }).click()
}

mkdirSync(folder, { recursive: true })
const command = spawn(process.execPath, [join(root, "bin", "tcpfx.cjs"), "ui", "--no-open"], {
  cwd: work,
  env: { ...process.env, XDG_STATE_HOME: work },
  stdio: ["ignore", "pipe", "pipe"],
})
const browser = await chromium.launch({
  executablePath: process.env.TCPFX_CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
})
try {
  const context = await browser.newContext({ viewport: { width: 1120, height: 720 }, locale: "en-US" })
  const page = await context.newPage()
  await page.goto(await address(command))
  await page.locator(".tabs, .window-none").first().waitFor()
  await openWindows(page)
  const { port, sockets } = await play(page)
  const take = async (window) => {
    for (const theme of ["light", "dark"]) {
      await page.emulateMedia({ colorScheme: theme })
      await page.mouse.move(0, 0)
      const path = join(folder, `${window}-${theme}.png`)
      await page.screenshot({ path })
      console.log(path, statSync(path).size)
    }
  }
  await take("server")
  await playClient(page, port)
  await take("client")
  for (const socket of sockets) socket.destroy()
} finally {
  await browser.close()
  command.kill("SIGTERM")
  rmSync(work, { recursive: true, force: true })
}

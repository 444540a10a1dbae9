import { readdirSync, readFileSync } from "node:fs"
import { type BrowserServer, chromium, type Page } from "playwright-core"

/** Starts the installed Chromium, or the browser at TCPFX_CHROMIUM. */
export const launch = (): Promise<BrowserServer> =>
  chromium.launchServer({
    executablePath: process.env["TCPFX_CHROMIUM"] ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
  })

/** A process and its descendants. */
export const familyOf = (pid: number): ReadonlyArray<number> => {
  const children = new Map<number, Array<number>>()
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue
    try {
      const parent = Number(/\) \S (\d+) /.exec(readFileSync(`/proc/${name}/stat`, "utf8"))?.[1])
      children.set(parent, [...(children.get(parent) ?? []), Number(name)])
    } catch {
      // The process has ended since the folder was read.
    }
  }
  const family = [pid]
  for (const each of family) family.push(...(children.get(each) ?? []))
  return family
}

/** The port that the server window listens on. Waits until it listens. */
export const listeningPort = async (page: Page): Promise<number> => {
  const status = page.locator(".form .status-text", { hasText: /^listening on/ })
  return Number(/:(\d+)$/.exec((await status.textContent()) ?? "")?.[1])
}

/** Listens on a free port of 127.0.0.1 in the server window. Returns the port. */
export const listen = async (page: Page): Promise<number> => {
  await page.getByLabel("Port").fill("0")
  await page.getByRole("button", { name: "Start listening" }).click()
  return listeningPort(page)
}

/** Waits until the page counts `expected` received frames, for 10 s at most. Returns the number that the page then shows. */
export const countedFrames = async (page: Page, expected: number): Promise<number> => {
  await page.getByRole("tab", { name: "Rates" }).click()
  const cell = page.locator(".rates tbody tr").nth(3).locator("td").first()
  const read = async () => Number(((await cell.textContent()) ?? "").replace(/\D/g, ""))
  const deadline = performance.now() + 10_000
  let count = await read()
  while (count < expected && performance.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 100))
    count = await read()
  }
  return count
}

interface TraceEvent {
  readonly name: string
  readonly ph: string
  readonly pid: number
  readonly tid: number
  readonly dur?: number
  readonly tdur?: number
  readonly args?: { readonly name?: string; readonly data?: { readonly frameTreeNodeId?: number } }
}

/** The longest task of the main thread of a page. */
export interface LongestTask {
  /** The elapsed time in milliseconds. It includes the time in which other processes had the core. */
  readonly wall: number
  /** The CPU time of the thread, in milliseconds. */
  readonly computed: number
  readonly tasks: number
}

/** Finds the longest task of the main threads in a trace of Chromium. */
export const longestTask = (trace: Buffer): LongestTask => {
  const { traceEvents } = JSON.parse(trace.toString()) as { readonly traceEvents: ReadonlyArray<TraceEvent> }
  const mains = new Set(
    traceEvents
      .filter((event) => event.name === "thread_name" && event.args?.name === "CrRendererMain")
      .map((event) => `${event.pid}/${event.tid}`),
  )
  const tasks = traceEvents.filter(
    (event) =>
      event.ph === "X" &&
      /RunTask$/.test(event.name) &&
      mains.has(`${event.pid}/${event.tid}`) &&
      event.dur !== undefined,
  )
  return {
    wall: tasks.reduce((most, task) => Math.max(most, (task.dur ?? 0) / 1000), 0),
    computed: tasks.reduce((most, task) => Math.max(most, (task.tdur ?? task.dur ?? 0) / 1000), 0),
    tasks: tasks.length,
  }
}

import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type Browser, chromium, type Page } from "playwright-core"
import { rssBytes } from "../runner/procfs.ts"
import { median } from "../runner/statistics.ts"
import { countedFrames, familyOf, type LongestTask, launch, listen, listeningPort, longestTask } from "./browser.ts"
import { endCommand, type PageCommand, startCommand } from "./command.ts"
import { dial, pause, relayRate, sendLines, sendPaced } from "./traffic.ts"

/** The lengths and sizes of the measurements. */
export interface Extent {
  readonly busyRuns: number
  readonly busyMillis: number
  readonly relayRuns: number
  readonly rows: number
  readonly places: number
  readonly stoppedMillis: number
  readonly paints: number
}

/** A figure and its floor. */
export interface Figure {
  readonly what: string
  readonly floor: string
  readonly value: string
  readonly holds: boolean
  /** Other observations. */
  readonly note: string
}

interface Bench {
  readonly command: PageCommand
  readonly browser: Browser
  readonly browserPid: number
  readonly open: () => Promise<Page>
}

const size = { width: 1280, height: 800 }

/** Starts a command and a browser for one measurement, and ends both afterwards. */
const withBench = async <A>(args: ReadonlyArray<string>, use: (bench: Bench) => Promise<A>): Promise<A> => {
  const state = mkdtempSync(join(tmpdir(), "tcpfx-bench-page-"))
  const command = await startCommand(args, state)
  const server = await launch()
  try {
    const browser = await chromium.connect(server.wsEndpoint())
    const open = async (): Promise<Page> => {
      const page = await (await browser.newContext({ viewport: size, locale: "en-US" })).newPage()
      await page.goto(command.address)
      await page.locator(".form button.main").waitFor()
      return page
    }
    const pid = server.process().pid
    if (pid === undefined) throw new Error("the browser has no process")
    return await use({ command, browser, browserPid: pid, open })
  } finally {
    await server.kill()
    await endCommand(command)
    rmSync(state, { recursive: true, force: true })
  }
}

/** Measures the longest task of the page, and frames missing in its counters, at 10 000 received frames per second. */
export const busyPage = ({ busyMillis, busyRuns }: Extent): Promise<ReadonlyArray<Figure>> =>
  withBench(["ui", "--frame", "line"], async ({ browser, open }) => {
    const page = await open()
    const socket = await dial(await listen(page))
    const warm = await sendPaced(socket, 10_000, 3000)
    let sent = warm
    const longest: Array<LongestTask> = []
    for (let run = 0; run < busyRuns; run++) {
      await browser.startTracing(page, { categories: ["toplevel", "disabled-by-default-devtools.timeline"] })
      sent += await sendPaced(socket, 10_000, busyMillis)
      longest.push(longestTask(await browser.stopTracing()))
    }
    const wall = median(longest.map((task) => task.wall))
    const computed = Math.max(...longest.map((task) => task.computed))
    const tasks = longest.reduce((sum, task) => sum + task.tasks, 0)
    const counted = await countedFrames(page, sent)
    socket.destroy()
    return [
      {
        what: "10 000 frames/s of 64 bytes, page open: the longest task of the page",
        floor: "50 ms",
        value: `${wall.toFixed(1)} ms`,
        holds: wall <= 50 && tasks > 0,
        note: `median of ${busyRuns} runs of ${busyMillis / 1000} s; no task used more than ${computed.toFixed(1)} ms of CPU time, the rest is waiting for a core; ${tasks} tasks`,
      },
      {
        what: "the same load: frames missing in the counters",
        floor: "0",
        value: String(sent - counted),
        holds: sent === counted,
        note: `${sent} sent`,
      },
    ]
  })

/**
 * Compares a relay with an open page to the same relay without a page: at 10 000 frames/s, and at full speed. At full
 * speed, the browser competes with the load and the server for the cores. So a third measurement stops the browser with a
 * signal: the browser then uses no core, and the server still records.
 */
export const relayBesidePage = ({ relayRuns }: Extent): Promise<ReadonlyArray<Figure>> =>
  withBench(
    ["serve", "127.0.0.1:0", "--broker", "--frame", "line", "--no-traffic", "--ui"],
    async ({ browserPid, open }) => {
      const first = await open()
      const port = await listeningPort(first)
      await first.context().close()
      const measure = (perSecond: number | undefined) =>
        relayRate(port, { receivers: 8, perSecond, warmUp: 1000, window: 2500 })
      const compare = async (perSecond: number | undefined) => {
        const runs: Array<{ readonly without: number; readonly beside: number; readonly held: number }> = []
        for (let run = 0; run < relayRuns; run++) {
          const without = await measure(perSecond)
          const page = await open()
          const beside = await measure(perSecond)
          const family = familyOf(browserPid)
          for (const each of family) process.kill(each, "SIGSTOP")
          const held = await measure(perSecond)
          for (const each of family) process.kill(each, "SIGCONT")
          runs.push({ without, beside, held })
          await page.context().close()
        }
        return {
          beside: median(runs.map(({ without, beside }) => beside / without)),
          held: median(runs.map(({ without, held }) => held / without)),
          perSecond: Math.round(median(runs.map(({ without }) => without))),
        }
      }
      const paced = await compare(10_000)
      const flatOut = await compare(undefined)
      return [
        {
          what: "the same load: throughput of the relay, against the relay without a page",
          floor: "≥ 0.9",
          value: paced.beside.toFixed(2),
          holds: paced.beside >= 0.9,
          note: `${paced.perSecond} deliveries/s without a page, to 8 receivers; ${relayRuns} runs`,
        },
        {
          what: "flat out, with a stopped browser that uses no core: throughput of the relay",
          floor: "≥ 0.9",
          value: flatOut.held.toFixed(2),
          holds: flatOut.held >= 0.9,
          note: `${flatOut.perSecond} deliveries/s without a page; ${flatOut.beside.toFixed(2)} while the browser runs on the same cores`,
        },
      ]
    },
  )

/** Scrolls the log to a fraction of its height. Returns the time until the rows are shown. */
const scrollTime = (page: Page, part: number): Promise<number> =>
  page.evaluate<number>(`new Promise((resolve, reject) => {
    const grid = document.querySelector(".log-rows")
    const before = grid.querySelector(".row:not([hidden])").dataset.index
    const begin = performance.now()
    grid.scrollTop = (grid.scrollHeight - grid.clientHeight) * ${part}
    const look = () => {
      const { top, bottom } = grid.getBoundingClientRect()
      const rows = [...grid.querySelectorAll(".row:not([hidden])")]
      const visible = rows.filter((row) => {
        const box = row.getBoundingClientRect()
        return box.bottom > top && box.top < bottom
      })
      const isMoved = rows[0].dataset.index !== before
      const isFull = visible.length * 20 >= grid.clientHeight - 40
      if (isMoved && isFull && visible.every((row) => row.querySelector(".row-text").textContent !== "")) {
        resolve(performance.now() - begin)
      } else if (performance.now() - begin > 5000) reject(new Error("the rows are not shown after 5 s"))
      else requestAnimationFrame(look)
    }
    requestAnimationFrame(look)
  })`)

/** Measures the time until the page shows the rows at a place in a log of a million rows. */
export const longLog = ({ rows, places }: Extent): Promise<Figure> =>
  withBench(["ui", "--frame", "line"], async ({ open }) => {
    const page = await open()
    const socket = await dial(await listen(page))
    await sendLines(socket, rows, (index) => `row ${index}\n`)
    await page.locator(".row-text", { hasText: `row ${rows - 1}` }).waitFor()
    const shown = (await page.locator(".log-foot .figures").first().textContent()) ?? ""
    const times: Array<number> = []
    // Multiples of the golden ratio, modulo 1, spread evenly over the log, and consecutive places are far apart.
    for (let place = 0; place < places; place++) {
      const visits: Array<number> = []
      for (let visit = 0; visit < 3; visit++) {
        visits.push(await scrollTime(page, (place * 0.381966 + 0.01 * visit) % 1))
      }
      times.push(median(visits))
    }
    socket.destroy()
    const most = Math.max(...times)
    return {
      what: `${rows} rows: scrolling to any place shows its rows`,
      floor: "within 100 ms",
      value: `${most.toFixed(0)} ms`,
      holds: most <= 100,
      note: `the slowest of ${times.length} places, each the median of three visits; median ${median(times).toFixed(0)} ms; ${shown} kept`,
    }
  })

/** Measures the memory that the server keeps for a stopped browser, and whether it serves its sockets meanwhile. */
export const stoppedBrowser = ({ stoppedMillis }: Extent): Promise<Figure> =>
  withBench(["ui", "--frame", "line"], async ({ command, browserPid, open }) => {
    const page = await open()
    const port = await listen(page)
    await page.keyboard.press("Control+k")
    await page.getByRole("dialog").waitFor()
    await page.keyboard.type('rule ping when equals "ping" reply text pong')
    await page.keyboard.press("Enter")
    await page.getByText("Done.").waitFor()
    await page.keyboard.press("Escape")
    const pid = command.child.pid
    if (pid === undefined) throw new Error("the command has no process")
    const socket = await dial(port)
    socket.resume()
    // Fills the log first, so that the log itself does not grow during the measurement.
    await sendLines(socket, 1_200_000, () => `${"x".repeat(63)}\n`)
    await sendPaced(socket, 10_000, 20_000)
    const resident: Array<number> = []
    const sample = setInterval(() => resident.push(rssBytes(pid) ?? 0), 250)
    await sendPaced(socket, 10_000, 10_000)
    const before = Math.max(...resident)
    const family = familyOf(browserPid)
    for (const each of family) process.kill(each, "SIGSTOP")
    resident.length = 0
    const answers: Array<number> = []
    const pinger = await dial(port)
    let asked = 0
    pinger.on("data", () => answers.push(performance.now() - asked))
    const ask = setInterval(() => {
      asked = performance.now()
      pinger.write("ping\n")
    }, 1000)
    const sent = await sendPaced(socket, 10_000, stoppedMillis)
    clearInterval(ask)
    clearInterval(sample)
    await pause(200)
    const most = Math.max(...resident)
    for (const each of family) process.kill(each, "SIGCONT")
    socket.destroy()
    pinger.destroy()
    const grown = (most - before) / 1024 ** 2
    const expected = Math.floor(stoppedMillis / 1000) - 1
    return {
      what: `browser stopped (SIGSTOP) for ${stoppedMillis / 1000} s: memory of the server`,
      floor: "+ 8 MiB at most, all sockets served",
      value: `${grown >= 0 ? "+" : "−"} ${Math.abs(grown).toFixed(1)} MiB`,
      holds: grown <= 8 && answers.length >= expected,
      note: `${(before / 1024 ** 2).toFixed(0)} MiB before; ${sent} frames taken, ${answers.length} pings answered, the slowest after ${Math.max(...answers).toFixed(0)} ms`,
    }
  })

/**
 * Measures the time until the first paint of the page. The first load only warms up the browser and the server, and is
 * not counted.
 */
export const firstPaint = ({ paints }: Extent): Promise<Figure> =>
  withBench(["ui"], async ({ open }) => {
    const times: Array<number> = []
    const usable: Array<number> = []
    for (let run = 0; run <= paints; run++) {
      const page = await open()
      const ready = await page.evaluate<number>("performance.now()")
      const time = await page.evaluate<number>(
        'performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? Number.NaN',
      )
      if (run > 0) {
        times.push(time)
        usable.push(ready)
      }
      await page.context().close()
    }
    const typical = median(times)
    return {
      what: "first paint on a warm machine",
      floor: "below 500 ms",
      value: `${typical.toFixed(0)} ms`,
      holds: typical < 500,
      note: `${Math.min(...times).toFixed(0)} to ${Math.max(...times).toFixed(0)} ms in ${times.length} fresh contexts; the window is usable after ${median(usable).toFixed(0)} ms`,
    }
  })

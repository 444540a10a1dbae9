import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { tcpEndpoint } from "../../../src/domain/index.ts"
import { consoleIn, script } from "../../support/consoleTerminal.ts"
import { haveAll } from "../../support/peers.ts"
import { dialRaw } from "../../support/rawPeer.ts"
import { tcpfx, tcpfxRun, tcpfxServe } from "../../support/tcpfxProcess.ts"
import { temporaryFolder } from "../../support/transportFixture.ts"

/** A server with a control socket. */
const controlled = Effect.gen(function* () {
  const control = join(yield* temporaryFolder, "control")
  return { ...(yield* tcpfxServe(["--mode", "echo", "--control", control])), control }
})

const dial = (port: number) => dialRaw(tcpEndpoint("127.0.0.1", port))

describe("tcpfx top", () => {
  it.scopedLive("prints one table with --once, and a table at each interval without a terminal", () =>
    Effect.gen(function* () {
      const { control, port, server } = yield* controlled
      yield* dial(port)
      yield* dial(port)
      yield* server.waitFor("stderr", /#2 connected/)
      const once = yield* tcpfxRun(["top", "--control", control, "--once", "--rows", "1"])
      expect(once).toMatchObject({ code: 0, stderr: "" })
      expect(once.stdout.split("\n")).toEqual([
        expect.stringContaining(`127.0.0.1:${port} · mode echo`),
        expect.stringContaining("2 clients"),
        expect.stringMatching(/^ID {2}ADDRESS +IN\/S +OUT\/S +PENDING +AGE/),
        expect.stringMatching(/^#1 /),
        "and 1 more",
        "",
      ])
      const batch = yield* tcpfx(["top", "--control", control, "--interval", "100ms", "--filter", "#2"])
      yield* batch.waitFor("stdout", /(?:2 clients[^#]*\n#2 .*\n\n[^#]*){3}/)
      yield* server.kill("SIGKILL")
      expect(yield* batch.ended).toEqual({ code: 1, signal: null })
      expect(batch.text("stderr")).toBe(`tcpfx: unix:${control}: the server has ended\n`)
    }),
  )

  it.scopedLive("refuses a filter that the server does not understand, and wrong values, with exit code 2", () =>
    Effect.gen(function* () {
      const { control } = yield* controlled
      for (const [args, line] of [
        [["--filter", "@", "--once"], /^tcpfx: --filter: /],
        [["--interval", "10ms"], /^tcpfx: --interval: .*at least 100ms/],
        [["--rows", "501"], /^tcpfx: --rows: .*1 to 500/],
        [["--sort", "size"], /^tcpfx: --sort: "size" is not one of rate, in, out, pending, age, name/],
        [["x"], /^tcpfx: tcpfx top takes no arguments/],
      ] as const) {
        const { code, stderr } = yield* tcpfxRun(["top", "--control", control, ...args])
        expect([args, code]).toEqual([args, 2])
        expect(stderr).toMatch(line)
      }
    }),
  )
})

/** Waits until the command has left with a code, and the screen shows all of its output. */
const untilLeft = (shown: Effect.Effect.Success<ReturnType<typeof consoleIn>>, code: number) =>
  Effect.gen(function* () {
    yield* shown.process.waitFor("stdout", new RegExp(`left with ${code}`))
    yield* shown.process.ended
    // The screen writes in order, so everything before is shown after this write.
    yield* Effect.promise(() => shown.write(""))
  })

describe.skipIf(!haveAll(script))("tcpfx top in a terminal", () => {
  it.scopedLive("shows the clients, changes order and filter with keys, and restores the terminal at the end", () =>
    Effect.gen(function* () {
      const { control, port, server } = yield* controlled
      const busy = yield* dial(port)
      yield* dial(port)
      yield* server.waitFor("stderr", /#2 connected/)
      yield* busy.send("x".repeat(100_000))
      yield* busy.take(100_000)
      const shown = yield* consoleIn(["top", "--control", control, "--interval", "100ms"], {
        before: "echo before",
        after: 'echo "left with $code"',
      })
      yield* shown.until(/by rate · 2 shown\nID +ADDRESS[\s\S]*#1 .*97\.7 KiB +97\.7 KiB/)
      expect(shown.window.buffer.active.type).toBe("alternate")
      yield* shown.type("n/#2\r")
      yield* shown.until(/by name · 1 shown · filter #2\n/)
      expect(shown.lines().filter((line) => /^#\d/.test(line))).toEqual([expect.stringMatching(/^#2 /)])
      yield* shown.type("q")
      yield* untilLeft(shown, 0)
      expect(shown.lines().join("\n")).toMatch(/before[\s\S]*left with 0/)
      expect(shown.window.buffer.active.type).toBe("normal")
      expect(shown.lines().some((line) => line.includes("by name"))).toBe(false)
    }),
  )

  it.scopedLive("leaves a clean terminal and the reason when the server ends", () =>
    Effect.gen(function* () {
      const { control, server } = yield* controlled
      const shown = yield* consoleIn(["top", "--control", control, "--interval", "100ms"], {
        after: 'echo "left with $code"',
      })
      yield* shown.until(/0 clients/)
      yield* server.kill("SIGKILL")
      yield* untilLeft(shown, 1)
      expect(shown.lines().join("\n")).toMatch(/the server has ended\n+left with 1/)
      expect(shown.window.buffer.active.type).toBe("normal")
    }),
  )

  it.scopedLive("does not disturb the server while the terminal is stopped, and shows the present afterwards", () =>
    Effect.gen(function* () {
      const { control, port } = yield* controlled
      const shown = yield* consoleIn(["top", "--control", control, "--interval", "100ms"], {})
      yield* shown.until(/0 clients/)
      shown.process.child.stdout.pause()
      for (let count = 0; count < 20; count++) yield* shown.type("ri")
      const peer = yield* dial(port)
      yield* peer.send("hello")
      yield* peer.take(5)
      shown.process.child.stdout.resume()
      yield* shown.until(/1 client · in .*, 5 B/)
    }),
  )
})

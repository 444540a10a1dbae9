import { spawnSync } from "node:child_process"
import { readFileSync } from "node:fs"
import { isIPv4 } from "node:net"
import { networkInterfaces } from "node:os"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { explainFlags } from "../../../src/cli/commands/config.ts"
import { connectFlags } from "../../../src/cli/commands/connect.ts"
import { ctlFlags } from "../../../src/cli/commands/ctl.ts"
import { interfacesFlags } from "../../../src/cli/commands/interfaces.ts"
import { serveFlags } from "../../../src/cli/commands/serve.ts"
import { topFlags } from "../../../src/cli/commands/top.ts"
import { uiFlags } from "../../../src/cli/commands/ui.ts"
import { type Flag, shapesOf } from "../../../src/cli/flags/flag.ts"
import { tcpfxRun } from "../../support/tcpfxProcess.ts"

const flagsOf: ReadonlyArray<readonly [string, Record<string, Flag<unknown>>]> = [
  ["serve", serveFlags],
  ["connect", connectFlags],
  ["ui", uiFlags],
  ["top", topFlags],
  ["ctl", ctlFlags],
  ["interfaces", interfacesFlags],
  ["config", explainFlags],
]

const packageVersion = /"version": "([^"]+)"/.exec(readFileSync("package.json", "utf8"))?.[1]

describe("the help of tcpfx, as a process", () => {
  it.scopedLive(
    "is the same whether the build has made it or the command makes it, and says when it cannot be written",
    () =>
      Effect.gen(function* () {
        const prepared = yield* tcpfxRun(["--help"])
        expect(yield* tcpfxRun([])).toEqual(prepared)
        expect(yield* tcpfxRun(["-h"])).toEqual(prepared)
        const full = spawnSync("/bin/sh", ["-c", `exec ${process.execPath} bin/tcpfx.cjs --help >/dev/full`])
        expect(full.status).toBe(1)
        const words = "tcpfx: standard output cannot be written (no space is left on the disk, ENOSPC)\n"
        expect(full.stderr.toString()).toBe(words)
        const command = spawnSync("/bin/sh", ["-c", `exec ${process.execPath} bin/tcpfx.cjs interfaces >/dev/full`])
        expect(command.stderr.toString()).toBe(words)
      }),
  )

  it.scopedLive("names every flag of a command, with its letter and its value, and leaves with 0", () =>
    Effect.forEach(flagsOf, ([command, flags]) =>
      Effect.gen(function* () {
        const { code, stdout, stderr } = yield* tcpfxRun([command, "--help"])
        expect({ code, stderr }).toEqual({ code: 0, stderr: "" })
        expect(stdout).toContain(`tcpfx ${command}`)
        for (const { name, alias, takesValue, placeholder, help } of shapesOf(flags)) {
          const letter = alias === undefined ? "    " : `-${alias}, `
          const row = stdout.split("\n").find((line) => line.startsWith(`  ${letter}--${name}${takesValue ? " " : ""}`))
          expect(row, name).toContain(`--${name}${takesValue ? ` ${placeholder}` : ""}`)
          expect(stdout.replace(/\s+/g, " "), name).toContain(help)
        }
        expect(stdout).not.toContain("\u001b")
        expect(stdout.split("\n").filter((line) => line.length > 120)).toEqual([])
        expect((yield* tcpfxRun([command, "-h"])).stdout).toBe(stdout)
        expect((yield* tcpfxRun(["help", command])).stdout).toBe(stdout)
      }),
    ),
  )

  it.scopedLive("names every command, also without arguments", () =>
    Effect.gen(function* () {
      const { code, stdout } = yield* tcpfxRun(["--help"])
      expect(code).toBe(0)
      for (const [command] of flagsOf) expect(stdout).toMatch(new RegExp(`^  ${command} +[A-Z]`, "m"))
      for (const args of [[], ["help"], ["-h"]]) expect(yield* tcpfxRun(args)).toMatchObject({ code: 0, stdout })
    }),
  )

  it.scopedLive("has the version of package.json", () =>
    Effect.forEach([["--version"], ["serve", "--version"]], (args) =>
      Effect.gen(function* () {
        expect(yield* tcpfxRun(args)).toMatchObject({ code: 0, stdout: `${packageVersion}\n`, stderr: "" })
      }),
    ),
  )

  it.scopedLive("has completions for each shell", () =>
    Effect.forEach(["sh", "bash", "fish", "zsh"], (shell) =>
      Effect.gen(function* () {
        const { code, stdout } = yield* tcpfxRun(["--completions", shell])
        expect(code).toBe(0)
        expect(stdout).toContain("__complete")
        expect(stdout).not.toContain("\u001b")
      }),
    ),
  )
})

describe("a command line that tcpfx cannot parse", () => {
  it.scopedLive("ends with 2 and one line on standard error that shows no control characters", () =>
    Effect.gen(function* () {
      const cases: ReadonlyArray<readonly [ReadonlyArray<string>, string]> = [
        [
          ["srve"],
          'unknown command "srve", did you mean serve?; expected serve, connect, ui, top, ctl, interfaces, config (tcpfx --help), or a host and a port; for a host with this name, write tcpfx connect srve PORT',
        ],
        [
          ["toString"],
          'unknown command "toString"; expected serve, connect, ui, top, ctl, interfaces, config (tcpfx --help), or a host and a port',
        ],
        [["connect", "--onec"], "unknown option --onec, did you mean --once? (tcpfx connect --help)"],
        [["connect", "--\u001b[2J\n"], "unknown option --\\e[2J\\n (tcpfx connect --help)"],
        [["connect", "--send"], "--send needs a value (tcpfx connect --help)"],
        [["connect", "--once=1"], '--once takes no value; remove "1"'],
        [["connect", "h", "1", "2"], 'too many arguments: "2"'],
        [["connect", "0"], "a client cannot connect to port 0; give a port from 1 to 65535"],
        [["interfaces", "--output", "raw"], '--output: "raw" is not one of text, json'],
      ]
      for (const [args, message] of cases) {
        expect(yield* tcpfxRun(args)).toMatchObject({ code: 2, stdout: "", stderr: `tcpfx: ${message}\n` })
      }
    }),
  )
})

describe("tcpfx interfaces, as a process", () => {
  // A link-local address is ambiguous without its interface (RFC 4007).
  const own = Object.entries(networkInterfaces()).flatMap(([name, entries = []]) =>
    entries.map(({ address, internal }) => ({
      address: address.startsWith("fe80:") ? `${address}%${name}` : address,
      internal,
    })),
  )
  const v4First = (addresses: ReadonlyArray<string>) => {
    const families = addresses.map((address) => (isIPv4(address) ? 4 : 6))
    expect(families).toEqual([...families].sort())
    expect([...addresses].sort()).toEqual(own.map(({ address }) => address).sort())
  }

  it.scopedLive("lists each address once, IPv4 first, and marks those that only this machine can reach", () =>
    Effect.gen(function* () {
      const { code, stdout, stderr } = yield* tcpfxRun(["interfaces"])
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" })
      const rows = stdout.trimEnd().split("\n")
      v4First(rows.map((row) => row.split(" ")[0] ?? ""))
      expect(rows.find((row) => row.startsWith("127.0.0.1 "))).toMatch(/^127\.0\.0\.1 +\S+ {2}\(only this machine\)$/)
      for (const { address, internal } of own) {
        const row = rows.find((candidate) => candidate.startsWith(`${address} `))
        expect(row?.includes("(only this machine)"), address).toBe(internal)
      }
    }),
  )

  it.scopedLive("lists them as JSON, one a line", () =>
    Effect.gen(function* () {
      const { code, stdout } = yield* tcpfxRun(["interfaces", "--output", "json"])
      expect(code).toBe(0)
      const entries: ReadonlyArray<{ readonly address: string }> = stdout
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line))
      v4First(entries.map(({ address }) => address))
      expect(entries.find(({ address }) => address === "127.0.0.1")).toEqual({
        v: 1,
        _tag: "InterfaceAddress",
        name: expect.any(String),
        family: "IPv4",
        address: "127.0.0.1",
        loopback: true,
      })
    }),
  )
})

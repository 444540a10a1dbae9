import { spawnSync } from "node:child_process"
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { scripts } from "../../../src/cli/completions/scripts.ts"
import { start, tcpfxRun } from "../../support/tcpfxProcess.ts"

/** Whether these programs are installed. Prints the missing ones, because their tests are skipped. */
const have = (...programs: ReadonlyArray<string>): boolean => {
  const missing = programs.filter((program) => spawnSync(program, ["--version"]).status !== 0)
  for (const program of missing) process.stdout.write(`tests skipped: PATH has no ${program}\n`)
  return missing.length === 0
}

const bin = fileURLToPath(new URL("../../../bin/tcpfx.cjs", import.meta.url))

/** A folder with tcpfx in `bin`, the scripts of all shells, and some files. */
const folder = Effect.acquireRelease(
  Effect.sync(() => {
    const path = mkdtempSync(join(tmpdir(), "tcpfx-shells-"))
    writeFileSync(join(path, "tcpfx"), `#!/bin/sh\nexec '${process.execPath}' '${bin}' "$@"\n`)
    chmodSync(join(path, "tcpfx"), 0o755)
    for (const [name, text] of Object.entries(scripts)) writeFileSync(join(path, `script.${name}`), text)
    writeFileSync(join(path, "ca one.pem"), "")
    const env = {
      PATH: `${path}:${process.env["PATH"]}`,
      XDG_CONFIG_HOME: join(path, "config"),
      TCPFX_CONFIG: undefined,
    }
    return { cwd: path, env }
  }),
  ({ cwd }) => Effect.sync(() => rmSync(cwd, { recursive: true })),
)

/** Types a line with tabs into an interactive shell in a terminal, and waits for the output of the completed command. */
const typed = (command: string, setUp: string, line: string, output: RegExp) =>
  Effect.gen(function* () {
    const { cwd, env } = yield* folder
    const terminal = yield* start("script", ["-qefc", command, "/dev/null"], {
      cwd,
      env: { ...env, TERM: "xterm", ZDOTDIR: cwd, HOME: cwd },
    })
    yield* terminal.write(`PATH=${cwd}:$PATH; ${setUp}; echo rea''dy\r`)
    yield* terminal.waitFor("stdout", /ready\r?\n/)
    yield* terminal.write(line)
    return (yield* terminal.waitFor("stdout", output))[0]
  })

// Each Tab completes one word. The completed command line prints where the user file would be.
const keys = "tcpfx conf\t--pat\t\r"
const printed = /user +\S+\/config\/tcpfx\/tcpfx\.yaml/

describe("the completions of tcpfx", () => {
  it.scopedLive.skipIf(!have("bash", "script"))("complete commands and flags in bash", () =>
    typed("bash --norc --noprofile", "source script.bash", keys, printed),
  )

  it.scopedLive.skipIf(!have("zsh", "script"))("complete commands and flags in zsh", () =>
    typed("zsh -f", "autoload -U compinit; compinit -u -D; source script.zsh", keys, printed),
  )

  it.scopedLive.skipIf(!have("bash"))("complete values and paths in bash, which splits words at = and :", () =>
    Effect.gen(function* () {
      const { cwd, env } = yield* folder
      // bash gives a function the words of the line, split at the characters of COMP_WORDBREAKS.
      const program = `source script.bash
compopt() { :; }
try() { COMP_LINE=$1; COMP_POINT=\${#1}; shift; COMP_WORDS=("$@"); COMP_CWORD=$((\${#COMP_WORDS[@]} - 1)); COMPREPLY=()
  _tcpfx tcpfx; printf '[%s]' "\${COMPREPLY[@]}"; echo; }
try "tcpfx serve --mode=b" tcpfx serve --mode = b
try "tcpfx serve --frame len:u1" tcpfx serve --frame len : u1
try "tcpfx connect --tls-ca ca" tcpfx connect --tls-ca ca
try "tcpfx connect --tls-ca=" tcpfx connect --tls-ca =
try "tcpfx serve unix:sc" tcpfx serve unix : sc`
      const run = yield* start("bash", ["--norc", "--noprofile", "-c", program], { cwd, env })
      yield* run.ended
      const [mode, framing, file, all = "", socket] = run.text("stdout").split("\n")
      expect([mode, framing, file]).toEqual(["[broker]", "[u16be][u16le]", "[ca one.pem]"])
      expect(all).toContain("[ca one.pem]")
      expect(socket?.split("][").length).toBe(3)
    }),
  )

  it.scopedLive.skipIf(!have("fish"))("complete commands, flags, values and paths in fish", () =>
    Effect.gen(function* () {
      const { cwd, env } = yield* folder
      const lines = ["tcpfx conf", "tcpfx serve --mod", "tcpfx serve --mode=b", "tcpfx connect --tls-ca=ca"]
      const asked = lines.map((line) => `complete -C '${line}'`).join("; ")
      const run = yield* start("fish", ["--no-config", "-c", `source script.fish; ${asked}`], { cwd, env })
      yield* run.ended
      const words = run
        .text("stdout")
        .trimEnd()
        .split("\n")
        .map((row) => row.split("\t")[0])
      expect(words).toEqual(["config", "--mode", "--mode=broker", "--tls-ca=ca one.pem"])
    }),
  )

  it.scopedLive("are printed by --completions, and answer nothing to an unknown shell", () =>
    Effect.gen(function* () {
      for (const [name, text] of Object.entries(scripts)) {
        expect(yield* tcpfxRun(["--completions", name])).toMatchObject({ code: 0, stdout: text })
      }
      expect((yield* tcpfxRun(["--completions", "sh"])).stdout).toBe(scripts.bash)
      expect(yield* tcpfxRun(["__complete", "csh", "serve", ""])).toMatchObject({ code: 0, stdout: "", stderr: "" })
    }),
  )
})

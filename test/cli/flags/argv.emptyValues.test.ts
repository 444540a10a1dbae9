import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import { normalize } from "../../../src/cli/flags/argv.ts"
import { deadlineSettings } from "../../../src/cli/flags/deadlineFlags.ts"
import { checkVariables, environmentError } from "../../../src/cli/flags/given.ts"
import { reconnectSettings } from "../../../src/cli/flags/reconnectFlags.ts"
import { routeSettings } from "../../../src/cli/flags/routeFlags.ts"
import { lookOf } from "../../../src/cli/flags/viewFlags.ts"
import { ClientConfig } from "../../../src/client/index.ts"
import { ServerConfig } from "../../../src/server/index.ts"
import { commandShapes } from "../../support/commandLine.ts"
import { tcpfxRun } from "../../support/tcpfxProcess.ts"

const valueFlags = Object.entries(commandShapes).flatMap(([command, shapes]) =>
  shapes.filter(({ takesValue }) => takesValue).map((shape) => [command, shape] as const),
)

const sources = readdirSync("src", { recursive: true, encoding: "utf8" })
  .filter((path) => path.endsWith(".ts"))
  .map((path) => readFileSync(join("src", path), "utf8"))

/** The environment variables that the sources read, by both ways of reading them. */
const variables = [
  ...new Set(
    sources.flatMap((source) => [
      ...[...source.matchAll(/\b(?:variable|read)(?:<[^(]*>)?\(\s*"([A-Z0-9_]+)"/g)].map(([, name]) => `TCPFX_${name}`),
      ...[...source.matchAll(/"(TCPFX_[A-Z0-9_]+)"/g)].map(([, name = ""]) => name),
    ]),
  ),
].filter((name) => name !== "TCPFX_")

const none = Option.none()
const deadlines = {
  idleTimeout: none,
  writeTimeout: none,
  heartbeat: none,
  heartbeatInterval: none,
  heartbeatTimeout: none,
}

/** All settings that read environment variables through `variable`. */
const readers: ReadonlyArray<Effect.Effect<unknown, { readonly message: string }>> = [
  Effect.mapError(ServerConfig.config, environmentError),
  Effect.mapError(ClientConfig.config, environmentError),
  Effect.mapError(
    routeSettings({ proxy: none, sendProxy: none, source: none, sourcePort: none, keepalive: none }),
    environmentError,
  ),
  Effect.mapError(Effect.all(deadlineSettings(deadlines)), environmentError),
  lookOf(
    { view: none, timestamps: none, precision: none, encoding: none, filter: none, only: none, gap: none, theme: none },
    true,
  ),
  reconnectSettings({ reconnect: true, reconnectDelay: none, reconnectMax: none, maxAttempts: none }),
]

describe("an empty value", () => {
  it.each(valueFlags)("of %s %s is refused in words, in every way to write it", (command, flag) => {
    const spellings = [
      [`--${flag.name}`, ""],
      [`--${flag.name}=`],
      ...flag.synonyms.flatMap((name) => [[`--${name}`, ""], [`--${name}=`]]),
      ...(flag.alias === undefined ? [] : [[`-${flag.alias}`, ""], [`-${flag.alias}=`]]),
    ]
    for (const spelling of spellings) {
      const { code, message } = Either.getOrThrow(Either.flip(normalize([command, ...spelling], commandShapes)))
      expect([spelling, code, message]).toEqual([
        spelling,
        2,
        `--${flag.name}: the value is empty; give ${flag.placeholder}, or leave the flag out`,
      ])
    }
  })

  it("is looked for in every flag and variable that there is", () => {
    expect(valueFlags.length).toBeGreaterThan(60)
    expect(variables).toContain("TCPFX_ALLOW")
    expect(variables).toContain("TCPFX_TLS_CLIENT_CA")
    expect(variables.length).toBeGreaterThan(40)
  })

  it.effect.each(variables)("of %s is refused by every command, in words", (name) =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(checkVariables({ PATH: "", [name]: "" }))
      expect([error.code, error.message]).toEqual([2, `${name}: the value is empty; give one, or unset the variable`])
    }),
  )

  it.effect("of a variable is refused by the settings of the library too", () =>
    Effect.gen(function* () {
      const names = variables.filter((name) => !/TLS|DEBUG|VERSION|HISTORY|CONFIG|NODE_STREAMS|TESTING/.test(name))
      for (const name of names) {
        const provider = ConfigProvider.fromMap(new Map([[name, ""]]), { pathDelim: "_" })
        const read = yield* Effect.forEach(readers, (reader) =>
          Effect.either(Effect.withConfigProvider(reader, provider)),
        )
        const problems = read.filter(Either.isLeft).map(({ left }) => left.message)
        expect([name, problems[0]]).toEqual([name, `${name}: the value is empty; give one, or unset the variable`])
      }
    }),
  )

  it.effect("of a variable without TCPFX_ counts as unset", () =>
    checkVariables({ NO_COLOR: "", SSLKEYLOGFILE: "", TCPFX_ALLOW: "::1", TCPFX_DENY: undefined }),
  )

  it.scopedLive("of an access rule ends the command with 2 before it listens", () =>
    Effect.gen(function* () {
      const cases: ReadonlyArray<readonly [ReadonlyArray<string>, Record<string, string>, string]> = [
        [["--allow", ""], {}, "--allow: the value is empty"],
        [["--allow", "--"], {}, '--allow: "--" is not an address range'],
        [["--allow-file", "--"], {}, "--allow-file: -- cannot be read"],
        [[], { TCPFX_TLS_CLIENT_CA: "" }, "TCPFX_TLS_CLIENT_CA: the value is empty"],
      ]
      yield* Effect.forEach(
        cases,
        ([flags, env, message]) =>
          Effect.gen(function* () {
            const { code, stderr, stdout } = yield* tcpfxRun(["serve", "127.0.0.1:0", ...flags], "", { env })
            expect([flags, code, stdout, stderr]).toEqual([flags, 2, "", expect.stringContaining(message)])
          }),
        { concurrency: 2 },
      )
    }),
  )
})

describe("blanks at the ends of a value", () => {
  it.scopedLive("belong to it: 'rules ' is another file than rules", () =>
    Effect.gen(function* () {
      const { code, stderr } = yield* tcpfxRun(["serve", "127.0.0.1:0", "--allow-file", "package.json "])
      expect([code, stderr]).toEqual([2, "tcpfx: --allow-file: package.json  cannot be read: there is no such file\n"])
    }),
  )
})

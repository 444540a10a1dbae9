import * as Command from "@effect/cli/Command"
import * as NodeContext from "@effect/platform-node/NodeContext"
import { describe, expect, it } from "@effect/vitest"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import { noPage } from "../../../src/cli/CommandParts.ts"
import { connectCommand, connectFlags } from "../../../src/cli/commands/connect.ts"
import { connectDependencies } from "../../../src/cli/commands/connectDependencies.ts"
import { runConnect } from "../../../src/cli/commands/runConnect.ts"
import { runServe } from "../../../src/cli/commands/runServe.ts"
import { serveCommand, serveFlags } from "../../../src/cli/commands/serve.ts"
import { serveDependencies } from "../../../src/cli/commands/serveDependencies.ts"
import { normalize } from "../../../src/cli/flags/argv.ts"
import * as Signals from "../../../src/cli/process/signals.ts"
import { Stdio } from "../../../src/cli/process/stdio.ts"
import { MemoryTransport } from "../../../src/transport/index.ts"
import { commandShapes } from "../../support/commandLine.ts"
import { recordedStdio } from "../../support/shown.ts"

const command = Command.make("tcpfx").pipe(
  Command.withSubcommands([
    Command.withHandler(serveCommand, (options) => runServe(options, noPage)),
    Command.withHandler(connectCommand, (options) => runConnect(options, noPage, undefined)),
  ]),
  Command.run({ name: "tcpfx", version: "0" }),
)

const signals = Signals.Signals.of({
  first: Effect.never,
  endNow: Effect.void,
  unlessEnded: (effect) => effect,
  onHangUp: () => Effect.void,
  addFiles: () => Effect.void,
})

/** The reason why a command line is refused. None of these command lines opens a socket. */
const refusal = (args: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const normalized = yield* normalize(args, commandShapes)
    return yield* Effect.flip(command(["node", "tcpfx", ...normalized]))
  }).pipe(
    Effect.provideService(Stdio, recordedStdio().stdio),
    Effect.provideService(Signals.Signals, signals),
    Effect.provide([NodeContext.layer, MemoryTransport.layer()]),
  )

/** A valid value of each flag. */
const values: Readonly<Record<string, string>> = {
  SIZE: "1MiB",
  N: "3",
  PATH: "package.json",
  LIST: "10.0.0.0/8",
  TIME: "5s",
  "TIME[,INTERVAL[,COUNT]]": "5s,2s,3",
  PORT: "5000",
  NAME: "modbus",
  FRAMING: "raw",
  ENCODING: "gbk",
  FILTER: "in",
  ADDRESS: "127.0.0.1",
  CONDITION: "bytes:1",
  RULE: "x when contains a reply b",
  "last:N|since:TIME": "last:5",
  URL: "nats://127.0.0.1:4222",
  SIGNALS: "metrics,traces",
}
const textFor = (placeholder: string): string => values[placeholder] ?? placeholder.split("|").at(-1) ?? ""

const words = (flag: { readonly name: string; readonly takesValue: boolean; readonly placeholder: string }) =>
  flag.takesValue ? [`--${flag.name}`, textFor(flag.placeholder)] : [`--${flag.name}`]

/** The arguments that make a flag refused, by a part of the error message. */
const besideProblem: ReadonlyArray<readonly [part: string, args: ReadonlyArray<string>]> = [
  ["needs --output text, or a text to send", ["--output", "json", "--mode", "echo"]],
  ["needs --output text", ["--output", "raw"]],
  ["needs rows of text", ["--output", "raw"]],
  ["the other modes send no text", ["--mode", "echo"]],
  ["whose lines are text", ["--mode", "chat"]],
  ["has no effect with --timestamps none", ["--timestamps", "none"]],
  ["has no effect with --no-traffic", ["--no-traffic"]],
  ["has no effect with --insecure", ["--tls", "--insecure"]],
  ["needs --frame raw", ["--frame", "line"]],
  ["contradicts --no-shutdown", ["--no-shutdown"]],
  ["and --once exclude each other", ["--once"]],
  ["contradicts --no-stdin", ["-l", "--no-stdin"]],
  ["contradicts --recv-only", ["--recv-only"]],
  ["which --send-only drops", ["--send-only"]],
  ["has no effect with --send-only", ["--send-only"]],
  ["has no effect with -l --send-only", ["-l", "--send-only"]],
  ["has nothing to send with --no-stdin", ["--no-stdin"]],
  ["needs lines to send", ["--repeat", "1s"]],
  ["has no effect with --reconnect", ["--reconnect"]],
  ["has no effect with -l alone", ["-l"]],
  ["has no effect beside --hub-creds", ["--hub", "nats://127.0.0.1:4222", "--hub-creds", "package.json"]],
  ["to all clients", ["--mode", "echo"]],
]
const besideOf = (problem: string): ReadonlyArray<string> =>
  besideProblem.find(([part]) => problem.includes(part))?.[1] ?? []

// With these arguments, each flag of the row has no effect.
const serveBeside: Readonly<Record<string, ReadonlyArray<string>>> = {
  slowConsumer: ["127.0.0.1:0", "--mode", "echo"],
  hubBudget: ["127.0.0.1:0", "--reply", "x"],
  ipv6Only: ["127.0.0.1:0"],
  noTraffic: ["127.0.0.1:0", "--output", "raw"],
  tlsKey: ["127.0.0.1:0", "--tls"],
  frame: ["127.0.0.1:0", "--mode", "chat"],
  nameFrom: ["127.0.0.1:0", "--mode", "chat"],
  refusal: ["127.0.0.1:0", "--tls"],
}
// Some values of --name-from have conditions of their own.
const namesFrom: Readonly<Record<string, ReadonlyArray<string>>> = {
  tls: ["127.0.0.1:0", "--name-from", "tls"],
  peer: ["unix:x.sock", "--name-from", "peer"],
}
/** Problems that begin with a value are those of this value. */
const wordsFor = (flag: Parameters<typeof words>[0], problem: string) =>
  problem.startsWith("in ") ? [`--${flag.name}`, "in"] : words(flag)

const onUnix = ["family", "ipv4", "ipv6", "keepalive", "allow", "allowFile", "maxPerAddress", "displace"]

describe("a flag of tcpfx serve that has an effect only with others", () => {
  const rows = serveDependencies.flatMap(({ flags, problem }) => flags.map((key) => [key, problem] as const))
  it.effect.each(rows)("is refused without them: %s", ([key, problem]) =>
    Effect.gen(function* () {
      const { shape } = serveFlags[key]
      const isOfUnix = onUnix.includes(key) && problem.includes("unix sockets")
      const beside = serveBeside[key] ?? [isOfUnix ? "unix:x.sock" : "127.0.0.1:0", ...besideOf(problem)]
      const ofValue = key === "nameFrom" ? namesFrom[problem.split(" ", 1)[0] ?? ""] : undefined
      const error = yield* refusal(["serve", ...(ofValue ?? [...beside, ...words(shape)])])
      expect(error).toMatchObject({ code: 2, message: `--${shape.name} ${problem}` })
    }),
  )
})

describe("a flag of tcpfx connect that has an effect only with others", () => {
  // `tcpfx connect` always shows traffic, and can always send.
  const rows = connectDependencies
    .filter(({ problem }) => !/--no-traffic|or a text to send/.test(problem))
    .flatMap(({ flags, problem }) => flags.map((key) => [key, problem] as const))
  it.effect.each(rows)("is refused without them: %s", ([key, problem]) =>
    Effect.gen(function* () {
      const { shape } = connectFlags[key]
      const isOfUnix = [...onUnix, "source", "sourcePort"].includes(key)
      const beside = [
        isOfUnix ? "unix:x.sock" : "127.0.0.1:9",
        ...besideOf(problem),
        // `--send` keeps the command from reading standard input.
        ...(/give --send|--recv-only/.test(problem) ? [] : ["--send", "x"]),
      ]
      const error = yield* refusal(["connect", ...beside, ...wordsFor(shape, problem)])
      expect(error).toMatchObject({ code: 2, message: `--${shape.name} ${problem}` })
    }),
  )
})

describe("a variable on which security depends", () => {
  it.effect.each<readonly [string, ReadonlyArray<string>, string]>([
    ["TCPFX_TLS_CLIENT_CA", ["serve", "127.0.0.1:0"], "TCPFX_TLS_CLIENT_CA needs TLS"],
    ["TCPFX_TLS_KEY", ["serve", "127.0.0.1:0"], "TCPFX_TLS_KEY needs the certificate of the key"],
    ["TCPFX_TLS_KEY", ["serve", "127.0.0.1:0", "--tls"], "TCPFX_TLS_KEY needs the certificate of the key"],
  ])("is refused where it has no effect: %s with %s", ([name, args, problem]) =>
    Effect.gen(function* () {
      const provider = ConfigProvider.fromMap(new Map([[name, "/nowhere"]]), { pathDelim: "_" })
      const error = yield* Effect.withConfigProvider(refusal(args), provider)
      expect(error).toMatchObject({ code: 2, message: expect.stringContaining(problem) })
    }),
  )
})

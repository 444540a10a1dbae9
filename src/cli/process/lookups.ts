import { spawn } from "node:child_process"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import { readIpBytes } from "../../domain/index.ts"
import { NodeTransport, type Transport } from "../../transport/index.ts"
import { canReplaceProcess } from "./endProcess.ts"

// What the child runs: getaddrinfo(3) for its argument, with the order that NodeTransport asks for.
const script =
  'require("dns").lookup(process.argv[1],{all:true,verbatim:true},(e,a)=>process.stdout.write(JSON.stringify(e?{code:e.code}:a.map((x)=>x.address))))'

type Answer = ReadonlyArray<string> | { readonly code: string }

const isAnswer = (value: unknown): value is Answer =>
  Array.isArray(value)
    ? value.length > 0 && value.every((entry) => typeof entry === "string")
    : typeof value === "object" && value !== null && "code" in value && typeof value.code === "string"

const readAnswer = (text: string): Answer | undefined => {
  try {
    const value: unknown = JSON.parse(text)
    return isAnswer(value) ? value : undefined
  } catch {
    return undefined
  }
}

/** Looks a name up in a child process, which an interruption kills. Gives nothing where that did not work. */
const askChild = (host: string): Effect.Effect<Answer | undefined> =>
  Effect.async((resume) => {
    const { NODE_OPTIONS: _, ...env } = process.env
    // In a process group of its own, so that Ctrl-C in a terminal reaches this process only.
    const child = spawn(process.execPath, ["-e", script, "--", host], {
      detached: true,
      env,
      stdio: ["ignore", "pipe", "ignore"],
    })
    let said = ""
    child.stdout.setEncoding("utf8")
    child.stdout.on("data", (text: string) => {
      said += text
    })
    child.on("error", () => resume(Effect.succeed(undefined)))
    child.on("close", () => resume(Effect.succeed(readAnswer(said))))
    return Effect.sync(() => {
      child.removeAllListeners("close")
      child.kill("SIGKILL")
      child.unref()
    })
  })

/** Looks a name up in a child process. An address needs none; where the child fails, a thread does it. */
export const resolveByChild: Transport["Type"]["resolve"] = (host) =>
  readIpBytes(host) !== undefined
    ? NodeTransport.resolve(host)
    : Effect.flatMap(askChild(host), (answer) => {
        if (answer === undefined) return NodeTransport.resolve(host)
        return "code" in answer ? Effect.fail({ _tag: "LookupFailed", code: answer.code }) : Effect.succeed(answer)
      })

/**
 * The sockets of the system, with look-ups that do not keep the process from ending. Where `endProcess` can end it while
 * a thread waits in getaddrinfo(3), an interrupted look-up is simply abandoned. An older Node looks a name up in a child
 * process, which costs the start of a Node (about 50 ms).
 */
export const layer: Layer.Layer<Transport> = canReplaceProcess()
  ? NodeTransport.layer
  : NodeTransport.layerWith(resolveByChild)

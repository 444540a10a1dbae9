import { spawn } from "node:child_process"
import * as Effect from "effect/Effect"
import { readIpBytes } from "../../domain/index.ts"
import { NodeTransport, type TransportService } from "../../transport/index.ts"
import { canReplaceProcess } from "./endProcess.ts"

// The program of the child. It calls getaddrinfo(3) for its argument, with the same order of addresses as
// NodeTransport.
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

/** Looks a name up in a child process. An interruption kills the child. Returns `undefined` if the child fails. */
const askChild = (host: string): Effect.Effect<Answer | undefined> =>
  Effect.async((resume) => {
    const { NODE_OPTIONS: _, ...env } = process.env
    // The child has its own process group, so that Ctrl-C in a terminal does not reach it.
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

/** Looks a name up in a child process, or in a thread if the child fails. An IP address needs no child. */
export const resolveByChild: TransportService["resolve"] = (host) =>
  readIpBytes(host) !== undefined
    ? NodeTransport.resolve(host)
    : Effect.flatMap(askChild(host), (answer) => {
        if (answer === undefined) return NodeTransport.resolve(host)
        return "code" in answer ? Effect.fail({ _tag: "LookupFailed", code: answer.code }) : Effect.succeed(answer)
      })

/**
 * Looks a name up without delaying the end of the process. If `endProcess` can end the process while a thread waits in
 * getaddrinfo(3), an interrupted look-up is abandoned. With an older Node, a child process looks the name up. The start
 * of the child takes about 50 ms.
 */
export const resolve: TransportService["resolve"] = canReplaceProcess() ? NodeTransport.resolve : resolveByChild

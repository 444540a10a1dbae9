import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { tcpEndpoint } from "../../../src/domain/index.ts"
import { dialRaw } from "../../support/rawPeer.ts"
import { start } from "../../support/tcpfxProcess.ts"

const bin = fileURLToPath(new URL("../../../bin/tcpfx.cjs", import.meta.url))
const mebibyte = 1024 * 1024

/** A server without a reader of its standard output, so that only the memory of the server is measured. */
const silentServer = (output: string) =>
  Effect.gen(function* () {
    const args = `serve 127.0.0.1:0 --frame line --max-frame 64MiB --output ${output}`
    const server = yield* start("sh", ["-c", `exec "${process.execPath}" "${bin}" ${args} >/dev/null`])
    const ready = yield* server.waitFor("stderr", /listening on 127\.0\.0\.1:(\d+)$/m)
    return { pid: server.child.pid, port: Number(ready[1]) }
  })

const highestMemory = (pid: number | undefined) =>
  Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) * 1024

/** Sends one line, and waits until the server has shown the line and closed the connection. */
const sendLine = (port: number, line: Uint8Array) =>
  Effect.gen(function* () {
    const peer = yield* dialRaw(tcpEndpoint("127.0.0.1", port))
    yield* peer.send(line)
    yield* peer.send("\n")
    yield* peer.halfClose
    yield* peer.takeRest
  }).pipe(Effect.scoped)

describe("tcpfx serve --frame line", () => {
  it.scopedLive.each(
    ["json", "text", "raw"].flatMap((output) =>
      [0x00, 0x61, 0xff].map((byte) => ({ output, byte: byte.toString(16).padStart(2, "0") })),
    ),
  )("shows a line of 60 MiB of $byte as $output in less than twice its length of memory", ({ output, byte }) =>
    Effect.gen(function* () {
      const { pid, port } = yield* silentServer(output)
      const fill = Number.parseInt(byte, 16)
      yield* sendLine(port, new Uint8Array(mebibyte).fill(fill))
      const before = highestMemory(pid)
      const length = 60 * mebibyte
      yield* sendLine(port, new Uint8Array(length).fill(fill))
      // Output that follows the end of a connection is written before the next line.
      yield* sendLine(port, Uint8Array.of(fill))
      expect((highestMemory(pid) - before) / length).toBeLessThan(2)
    }),
  )
})

import { describe, expect } from "@effect/vitest"
import * as Either from "effect/Either"
import * as Redacted from "effect/Redacted"
import { parseControl } from "../../src/cli/control/command.ts"
import { HttpConnectHandshake } from "../../src/client/internal/tunnel/httpConnect.ts"
import { Socks5Handshake } from "../../src/client/internal/tunnel/socks5.ts"
import { Assistant, ConnectError, formatProxyServer, parseProxyServer, tcpEndpoint } from "../../src/domain/index.ts"
import { fuzz } from "../support/fuzz.ts"
import { mutatedBytes, mutatedText } from "../support/mutations.ts"

const bytes = (...values: ReadonlyArray<number>) => Uint8Array.from(values)
const text = (value: string) => new TextEncoder().encode(value)

const proxy = Either.getOrThrow(parseProxyServer("socks5://me:secret@gate"))
const target = tcpEndpoint("plc.example", 502)

// The message about a failed handshake is one line, for any bytes that the proxy sends.
const oneLine = /^[^\p{Cc}\u2028\u2029]+$/u

describe("parsers of input from proxies, users and scripts", () => {
  fuzz("whatever a SOCKS 5 proxy answers, the handshake succeeds, sends, waits or fails with one line", {
    cases: 3000,
    input: (chance) =>
      mutatedBytes(chance, bytes(5, 2, 1, 0, 5, 0, 0, 3, 4, 103, 97, 116, 101, 4, 56, 104, 105), [
        bytes(5, 0),
        bytes(5, 255),
        bytes(1, 0),
        bytes(5, 0, 0, 4),
      ]),
    check: (input, chance) => {
      const handshake = new Socks5Handshake(target, chance.percent(50) ? proxy.credentials : undefined)
      for (let at = 0; at < input.length; ) {
        const size = chance.between(1, 9)
        const step = handshake.push(input.subarray(at, at + size))
        at += size
        if (step._tag === "Failed") expect(step.problem).toMatch(oneLine)
        if (step._tag === "Open") expect(step.rest.length).toBeLessThanOrEqual(size)
        if (step._tag === "Open" || step._tag === "Failed") return
      }
    },
  })

  fuzz("whatever an HTTP proxy answers, the handshake succeeds, waits or fails with one printable line", {
    cases: 3000,
    input: (chance) =>
      mutatedBytes(chance, text("HTTP/1.1 200 OK\r\nVia: gate\r\n\r\nhi"), [
        text("\r\n\r\n"),
        text("\n\n"),
        text("HTTP/1.1 407 Login\r\n"),
        text("HTTP/1.0 "),
        bytes(0x1b, 0x5b, 0x32, 0x4a),
      ]),
    check: (input, chance) => {
      const handshake = new HttpConnectHandshake(target, proxy.credentials)
      for (let at = 0; at < input.length; ) {
        const size = chance.between(1, 40)
        const step = handshake.push(input.subarray(at, at + size))
        at += size
        if (step._tag === "Open") expect(step.rest.length).toBeLessThanOrEqual(size)
        if (step._tag === "Failed") {
          const { problem, reason } = step
          const error = new ConnectError({
            endpoint: target,
            reason,
            code: "EPROXY",
            problem,
            proxy: "http://gate:8080",
          })
          expect(error.message).toMatch(oneLine)
        }
        if (step._tag === "Open" || step._tag === "Failed") return
      }
    },
  })

  fuzz("the text of a proxy is parsed or refused, a parsed proxy survives formatting, and no password is quoted", {
    cases: 4000,
    input: (chance) =>
      mutatedText(chance, "socks5://me:s3cret-word@[::1]:1080/", [
        "http://",
        "socks5h://",
        "@",
        "%zz",
        "%0a",
        "[",
        ":0",
        "//",
      ]),
    check: (input) => {
      const read = parseProxyServer(input)
      if (Either.isRight(read)) {
        const again = Either.getOrThrow(parseProxyServer(formatProxyServer(read.right)))
        expect([again.protocol, again.endpoint]).toEqual([read.right.protocol, read.right.endpoint])
        const password = read.right.credentials && Redacted.value(read.right.credentials.password)
        if (password === "s3cret-word") expect(JSON.stringify(read.right)).not.toContain(password)
      } else if (input.includes("//me:s3cret-word@")) {
        expect(read.left.message).not.toContain("s3cret-word")
      }
    },
  })

  fuzz("a line on the control socket is a command or is refused with a message", {
    cases: 4000,
    input: (chance) =>
      mutatedText(chance, chance.oneOf(["state", "kick 3 reset", "listen 127.0.0.1:80", "stop unix:/x"]) ?? "", [
        "suspend",
        "kick ",
        "#",
        "fd:",
        " reset",
        "listen ",
      ]),
    check: (input) => {
      const read = parseControl(input)
      if (Either.isLeft(read)) expect(read.left.message.length).toBeGreaterThan(0)
      else if (read.right._tag === "Do") {
        const { command } = read.right
        expect(Assistant.parseCommand(Assistant.formatCommand(command))).toEqual(Either.right(command))
      }
    },
  })
})

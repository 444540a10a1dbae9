import * as Effect from "effect/Effect"
import { ConnectError, formatProxyServer, type ProxyServer, type TcpEndpoint } from "../../../domain/index.ts"
import type { Wire, WireHandlers } from "../../../transport/index.ts"
import { failed, type Handshake, type HandshakeStep } from "./Handshake.ts"
import { HttpConnectHandshake } from "./httpConnect.ts"
import { Socks5Handshake } from "./socks5.ts"

const handshakeOf = ({ credentials, protocol }: ProxyServer, target: TcpEndpoint): Handshake =>
  protocol === "socks5" ? new Socks5Handshake(target, credentials) : new HttpConnectHandshake(target, credentials)

/** Runs a handshake over a wire. Bytes after the handshake are put back into the wire. */
class Tunnelling implements WireHandlers {
  private readonly wire: Wire
  private readonly handshake: Handshake
  private readonly onEnded: (step: Extract<HandshakeStep, { readonly _tag: "Open" | "Failed" }>) => void
  private isOver = false

  constructor(wire: Wire, handshake: Handshake, onEnded: Tunnelling["onEnded"]) {
    this.wire = wire
    this.handshake = handshake
    this.onEnded = onEnded
    wire.start(this)
    wire.write(handshake.first)
  }

  onData(bytes: Uint8Array): void {
    if (this.isOver) return
    const step = this.handshake.push(bytes)
    if (step._tag === "Send") this.wire.write(step.bytes)
    if (step._tag === "Open") {
      this.wire.pause()
      this.wire.unread(step.rest)
    }
    if (step._tag === "Open" || step._tag === "Failed") this.finish(step)
  }

  onEnd(): void {
    this.finish(failed("ProxyInvalid", "it closed the connection without an answer"))
  }

  onDrain(): void {}

  onClose(): void {
    this.onEnd()
  }

  private finish(step: HandshakeStep): void {
    if (this.isOver || step._tag === "NeedMore" || step._tag === "Send") return
    this.isOver = true
    this.onEnded(step)
  }
}

/**
 * Makes a tunnel to a target, over a wire to a proxy. Afterwards the wire is paused, and the target's first bytes are
 * put back into it. An interruption destroys the wire.
 */
export const tunnel = (wire: Wire, proxy: ProxyServer, target: TcpEndpoint): Effect.Effect<Wire, ConnectError> =>
  Effect.async((resume) => {
    new Tunnelling(wire, handshakeOf(proxy, target), (step) =>
      resume(
        step._tag === "Open"
          ? Effect.succeed(wire)
          : Effect.fail(
              new ConnectError({
                endpoint: target,
                reason: step.reason,
                code: "EPROXY",
                proxy: formatProxyServer(proxy),
                problem: step.problem,
              }),
            ),
      ),
    )
    return Effect.sync(() => wire.destroy())
  })

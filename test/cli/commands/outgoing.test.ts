import { describe, expect, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as TestClock from "effect/TestClock"
import { makeOutgoing } from "../../../src/cli/commands/outgoing.ts"
import type { PayloadForm } from "../../../src/cli/input/PayloadForm.ts"
import { Stdio } from "../../../src/cli/process/stdio.ts"
import { ConnectionClosedError, closeReasons, Framing } from "../../../src/domain/index.ts"
import { plainForm } from "../../support/plainForm.ts"
import { ScriptedInput } from "../../support/scriptedInput.ts"
import { recordedStdio } from "../../support/shown.ts"

const utf8 = (text: string) => new TextEncoder().encode(text)
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes)

const lost = new ConnectionClosedError({ reason: closeReasons.peerReset })

/** The sending half of a connection. A sender waits for `drained` after each payload. */
const sink = (drained: Effect.Effect<void, ConnectionClosedError> = Effect.void) => {
  const sent: Array<string> = []
  return { sent, drained, sendNow: (payload: Uint8Array) => Effect.sync(() => void sent.push(text(payload))) }
}

/** The input of a client that reads the offered bytes. */
const outgoingFrom = (
  frame: Framing.Framing,
  settings: { readonly maxFrame?: number; readonly lends?: boolean; readonly form?: PayloadForm } = {},
) =>
  Effect.gen(function* () {
    const input = new ScriptedInput()
    const { shown, stdio } = recordedStdio()
    const outgoing = yield* Effect.provideService(
      makeOutgoing([], { frame, maxFrame: 1024, lends: false, form: plainForm, ...settings }),
      Stdio,
      { ...stdio, openInput: Effect.succeed(input) },
    )
    return { input, outgoing, said: () => shown().map(([, said]) => said) }
  })

describe("the input of connect", () => {
  it.scoped("takes time in proportion to its lines, however many one read has", () =>
    Effect.gen(function* () {
      const { input, outgoing } = yield* outgoingFrom(Framing.line)
      input.offer(new Uint8Array(400_000).fill(0x0a))
      input.end()
      let sent = 0
      const counting = { drained: Effect.void, sendNow: () => Effect.sync(() => void sent++) }
      yield* outgoing.sendAll(counting)
      expect([sent, outgoing.isDone(), outgoing.handed().frames]).toEqual([400_000, true, 400_000])
    }),
  )

  it.scoped(
    "continues on the next connection after the payloads of the lost one, even if they were still pending",
    () =>
      Effect.gen(function* () {
        const { input, outgoing } = yield* outgoingFrom(Framing.line)
        input.offer("one\ntwo\nthree\n")
        input.end()
        const waits = yield* Deferred.make<void, ConnectionClosedError>()
        const first = sink(Deferred.await(waits))
        const sending = yield* Effect.fork(Effect.flip(outgoing.sendAll(first)))
        yield* Effect.yieldNow()
        yield* Deferred.fail(waits, lost)
        expect(yield* Fiber.join(sending)).toBe(lost)
        expect(outgoing.handed()).toEqual({ frames: 1, bytes: 3, untaken: 3 })
        const second = sink()
        yield* outgoing.sendAll(second)
        expect([first.sent, second.sent]).toEqual([["one"], ["two", "three"]])
        expect(outgoing.handed()).toEqual({ frames: 2, bytes: 8, untaken: 0 })
      }),
  )

  it.scoped("loses no input that arrives while the connection is lost", () =>
    Effect.gen(function* () {
      const { input, outgoing } = yield* outgoingFrom(Framing.raw)
      const sending = yield* Effect.fork(outgoing.sendAll(sink()))
      yield* Effect.yieldNow()
      // The read is complete, but the sender is interrupted before it takes the result.
      input.offer("for the next")
      yield* Fiber.interrupt(sending)
      input.end()
      const second = sink()
      yield* outgoing.sendAll(second)
      expect(second.sent).toEqual(["for the next"])
    }),
  )

  it.scoped("gives the memory of large reads back only after the kernel has accepted them", () =>
    Effect.gen(function* () {
      const { input, outgoing } = yield* outgoingFrom(Framing.raw, { lends: true })
      expect(input.largeBytes).toBe(1024 * 1024)
      const [one, two] = [utf8("one"), utf8("two")]
      input.offer(one, two)
      input.end()
      const taken = yield* Deferred.make<void>()
      const sending = yield* Effect.fork(outgoing.sendAll(sink(Deferred.await(taken))))
      yield* Effect.yieldNow()
      expect([outgoing.handed().frames, input.givenBack]).toEqual([1, []])
      yield* Deferred.succeed(taken, undefined)
      yield* Fiber.join(sending)
      expect(input.givenBack).toEqual([one, two])
    }),
  )

  it.scoped("keeps the memory of reads that are shown or split into lines", () =>
    Effect.gen(function* () {
      for (const [frame, lends] of [
        [Framing.raw, false],
        [Framing.line, true],
      ] as const) {
        const { input, outgoing } = yield* outgoingFrom(frame, { lends })
        input.offer("one\n")
        input.end()
        yield* outgoing.sendAll(sink())
        expect([input.largeBytes, input.givenBack]).toEqual([undefined, []])
      }
    }),
  )

  it.scoped("reports and counts the lines that are too long, and sends the others", () =>
    Effect.gen(function* () {
      const { input, outgoing, said } = yield* outgoingFrom(Framing.line, { maxFrame: 4 })
      input.offer("one\nlonger\ntwo\n")
      input.end()
      const only = sink()
      yield* outgoing.sendAll(only)
      expect([only.sent, outgoing.unsentLines()]).toEqual([["one", "two"], 1])
      expect(said()).toEqual(["tcpfx: line 2 of standard input was not sent: its 6 bytes are above 4 (--max-frame)\n"])
    }),
  )

  it.scoped("is idle when no input has arrived for the time, and not before", () =>
    Effect.gen(function* () {
      const { input, outgoing } = yield* outgoingFrom(Framing.line)
      const only = sink()
      yield* Effect.fork(outgoing.sendAll(only))
      const idle = yield* Effect.fork(outgoing.idle(Duration.millis(500)))
      for (let part = 0; part < 10; part++) {
        yield* TestClock.adjust("400 millis")
        // An incomplete line counts too: the time since the last read matters, not since the last payload.
        input.offer("x")
        expect(Option.isNone(yield* Fiber.poll(idle))).toBe(true)
      }
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(idle)
      expect(only.sent).toEqual([])
    }),
  )

  it.scoped("is not idle while a connection does not accept its payload", () =>
    Effect.gen(function* () {
      const { input, outgoing } = yield* outgoingFrom(Framing.raw)
      const taken = yield* Deferred.make<void>()
      input.offer("slow")
      yield* Effect.fork(outgoing.sendAll(sink(Deferred.await(taken))))
      const idle = yield* Effect.fork(outgoing.idle(Duration.millis(500)))
      yield* TestClock.adjust("1 minute")
      expect(Option.isNone(yield* Fiber.poll(idle))).toBe(true)
      yield* Deferred.succeed(taken, undefined)
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(idle)
    }),
  )
})

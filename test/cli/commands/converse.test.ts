import { describe, expect, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as TestClock from "effect/TestClock"
import { type ConverseOptions, converse } from "../../../src/cli/commands/converse.ts"
import { makeOutgoing, noOutgoing } from "../../../src/cli/commands/outgoing.ts"
import { untilsOf } from "../../../src/cli/flags/talkFlags.ts"
import { Stdio } from "../../../src/cli/process/stdio.ts"
import { Client } from "../../../src/client/index.ts"
import { Framing, type SendError, tcpEndpoint } from "../../../src/domain/index.ts"
import type { Handler } from "../../../src/server/index.ts"
import { Testing } from "../../../src/testing/index.ts"
import { turns } from "../../../src/testing/turns.ts"
import { MemoryTransport, NodeTransport } from "../../../src/transport/index.ts"
import { plainForm } from "../../support/plainForm.ts"
import { listenRaw } from "../../support/rawListener.ts"
import { ScriptedInput } from "../../support/scriptedInput.ts"
import { recordedStdio } from "../../support/shown.ts"
import { string, utf8 } from "../../support/texts.ts"

type Serve = Handler.FiberHandler<SendError, never>

const plainTalk: Omit<ConverseOptions, "outgoing"> = {
  peer: "server",
  raw: true,
  until: undefined,
  within: Option.none(),
  sendOnly: false,
  pacing: undefined,
  shutdown: "always",
  explainsFin: true,
  quit: Option.none(),
  losses: undefined,
  frame: Framing.raw,
}

/** A conversation with a server that runs `serve`. The test offers the input, and records the output and messages. */
const talking = (serve: Serve, given: Partial<ConverseOptions> = {}) =>
  Effect.gen(function* () {
    const frame = given.frame ?? Framing.raw
    const { connect } = yield* Testing.serve({ handler: serve, settings: { frame } })
    const input = new ScriptedInput()
    const { shown, stdio } = recordedStdio()
    const ownStdio = { ...stdio, openInput: Effect.succeed(input) }
    const outgoing = yield* Effect.provideService(
      makeOutgoing([], { frame, maxFrame: 1024, lends: false, form: plainForm, byLine: given.pacing !== undefined }),
      Stdio,
      ownStdio,
    )
    const talk = converse({ ...plainTalk, outgoing, frame, ...given })
    const running = yield* Effect.fork(
      Effect.either(Effect.scoped(Effect.flatMap(connect({ halfClosed: "keep", outbox: 0 }), talk))).pipe(
        Effect.provideService(Stdio, ownStdio),
      ),
    )
    const to = (where: "out" | "err") => () =>
      shown()
        .flatMap(([stream, text]) => (stream === where ? [text] : []))
        .join("")
    return {
      running,
      offer: (text: string) => Effect.sync(() => input.offer(text)),
      endInput: Effect.sync(() => input.end()),
      written: to("out"),
      said: to("err"),
      /** Whether the conversation continues after all due work is done. */
      goesOn: Effect.zipRight(turns(5), Effect.map(Fiber.poll(running), Option.isNone)),
    }
  })

const noFlags = { once: false, until: [], delay: Option.none(), lockstep: false }

/** The condition of `--once`. */
const onceIn = (frame: Framing.Framing) => Either.getOrThrow(untilsOf({ ...noFlags, once: true }, frame, plainForm))

const inMemory = Effect.provide(MemoryTransport.layer())

describe("a conversation with --once", () => {
  it.scoped("receives a raw reply in pieces completely: until the server is silent for 50 ms", () =>
    Effect.gen(function* () {
      const { endInput, goesOn, offer, running, written } = yield* talking(
        (connection) =>
          Effect.gen(function* () {
            yield* connection.receive
            for (const piece of ["abc", "def", "ghi"]) {
              yield* connection.send(utf8(piece))
              yield* Effect.sleep("45 millis")
            }
            yield* Effect.never
          }),
        { until: onceIn(Framing.raw) },
      )
      yield* offer("?")
      yield* endInput
      for (const count of [3, 6, 9]) {
        expect(yield* goesOn).toBe(true)
        expect(written().length).toBe(count)
        yield* TestClock.adjust("45 millis")
      }
      expect(yield* goesOn).toBe(true)
      yield* TestClock.adjust("5 millis")
      expect(yield* Fiber.join(running)).toEqual(Either.right(undefined))
      expect(written()).toBe("abcdefghi")
    }).pipe(inMemory),
  )

  it.scoped("receives one complete line in line framing, and waits no longer", () =>
    Effect.gen(function* () {
      const { offer, running, written } = yield* talking(
        (connection) =>
          Effect.gen(function* () {
            yield* connection.receive
            yield* connection.send(utf8("one"))
            yield* connection.send(utf8("two"))
            yield* Effect.never
          }),
        { until: onceIn(Framing.line), frame: Framing.line },
      )
      yield* offer("?\n")
      expect(yield* Fiber.join(running)).toEqual(Either.right(undefined))
      expect(written()).toBe("one\n")
    }).pipe(inMemory),
  )

  it.scoped("sends FIN at the end of the input, for a server that answers only then", () =>
    Effect.gen(function* () {
      const { endInput, offer, running, written } = yield* talking(
        (connection) =>
          Effect.flatMap(Testing.receiveAll(connection), (all) => connection.send(utf8(`got ${all.length}`))),
        { until: onceIn(Framing.raw) },
      )
      yield* offer("12345")
      yield* endInput
      expect(yield* Fiber.join(running)).toEqual(Either.right(undefined))
      expect(written()).toBe("got 5")
    }).pipe(inMemory),
  )
})

describe("a conversation with --once and -w", () => {
  it.scoped("fails at the time of -w, although the reply goes on", () =>
    Effect.gen(function* () {
      const { running, said } = yield* talking(
        (connection) => Effect.forever(Effect.zipRight(connection.send(utf8("x")), Effect.sleep("40 millis"))),
        { until: onceIn(Framing.raw), within: Option.some(Duration.millis(300)) },
      )
      for (let part = 0; part < 8; part++) {
        yield* turns(5)
        yield* TestClock.adjust("40 millis")
      }
      const message = "the reply of the server did not end within 300 ms (-w)"
      expect([yield* Fiber.join(running), said()]).toMatchObject([{ _tag: "Left", left: { message } }, ""])
    }).pipe(inMemory),
  )
})

describe("a conversation with --until quiet:TIME", () => {
  const until = Either.getOrThrow(
    untilsOf({ ...noFlags, until: [{ _tag: "Quiet", millis: 100, needsReply: false }] }, Framing.raw, plainForm),
  )

  it.scoped("is not quiet while the server does not accept the input", () =>
    Effect.gen(function* () {
      const received = yield* Deferred.make<number>()
      const { endInput, goesOn, offer, running, written } = yield* talking(
        (connection) =>
          Effect.gen(function* () {
            yield* connection.pause
            yield* connection.send(utf8("!"))
            yield* Effect.sleep("1 second")
            yield* connection.resume
            yield* Deferred.succeed(received, (yield* Testing.receiveAll(connection)).length)
          }),
        { until, shutdown: "never" },
      )
      yield* offer("x".repeat(100))
      yield* endInput
      expect(yield* goesOn).toBe(true)
      yield* TestClock.adjust("900 millis")
      expect([yield* goesOn, written()]).toEqual([true, "!"])
      yield* TestClock.adjust("100 millis")
      expect(yield* goesOn).toBe(true)
      yield* TestClock.adjust("100 millis")
      expect(yield* Fiber.join(running)).toEqual(Either.right(undefined))
      expect(yield* Deferred.await(received)).toBe(100)
    }).pipe(Effect.provide(MemoryTransport.layer({ capacityBytes: 16 }))),
  )

  it.scopedLive("receives data that arrived while the process could not run", () =>
    Effect.gen(function* () {
      const { first, port } = yield* listenRaw()
      const client = yield* Client.make({ halfClosed: "keep" })
      const connection = yield* client.connect(tcpEndpoint("127.0.0.1", port))
      const server = yield* first
      const { shown, stdio } = recordedStdio()
      const stalled: typeof stdio = {
        ...stdio,
        writeLent: (bytes, recycle) => {
          // The kernel has "b" before the quiet after "a" is over, and the process reads it later.
          if (shown().length === 0) {
            setImmediate(() => {
              server.write("b")
              const end = performance.now() + 150
              while (performance.now() < end);
            })
          }
          return stdio.writeLent(bytes, recycle)
        },
      }
      server.write("a")
      const talk = converse({ ...plainTalk, outgoing: noOutgoing, until, shutdown: "never" })
      yield* Effect.provideService(Effect.scoped(talk(connection)), Stdio, stalled)
      expect(shown()).toEqual([
        ["out", "a"],
        ["out", "b"],
      ])
    }).pipe(Effect.provide(NodeTransport.layer)),
  )

  it.scoped("sends the rest of its input after the FIN of the server", () =>
    Effect.gen(function* () {
      const received = yield* Deferred.make<string>()
      const { endInput, goesOn, offer, running } = yield* talking(
        (connection) =>
          Effect.gen(function* () {
            yield* connection.send(utf8("!"))
            yield* connection.halfClose
            yield* Deferred.succeed(received, string(yield* Testing.receiveAll(connection)))
          }),
        { until, shutdown: "never" },
      )
      for (const part of ["0", "1", "2"]) {
        expect(yield* goesOn).toBe(true)
        yield* offer(part)
        yield* TestClock.adjust("400 millis")
      }
      expect(yield* goesOn).toBe(true)
      yield* endInput
      expect(yield* Fiber.join(running)).toEqual(Either.right(undefined))
      expect(yield* Deferred.await(received)).toBe("012")
    }).pipe(inMemory),
  )
})

describe("a server that sends FIN right after our FIN", () => {
  const afterFin =
    (then: Effect.Effect<void> = Effect.void, answer?: string): Serve =>
    (connection) =>
      Effect.gen(function* () {
        yield* Testing.receiveAll(connection)
        yield* then
        if (answer !== undefined) yield* connection.send(utf8(answer))
      })

  const conversation = (serve: Serve, input: ReadonlyArray<string>, options: Partial<ConverseOptions> = {}) =>
    Effect.gen(function* () {
      const { endInput, offer, running, said } = yield* talking(serve, options)
      yield* Effect.forEach(input, offer)
      yield* endInput
      yield* turns(5)
      yield* TestClock.adjust("2 seconds")
      return { outcome: yield* Fiber.join(running), said: said() }
    })

  it.scoped("without an answer is reported with a note about --no-shutdown, and is not a failure", () =>
    Effect.gen(function* () {
      const { outcome, said } = yield* conversation(afterFin(), ["GET / HTTP/1.0\r\n\r\n"])
      expect(outcome).toEqual(Either.right(undefined))
      expect(said).toMatch(
        /^tcpfx: the server took the input and closed without an answer; [^\n]*--no-shutdown[^\n]*\n$/,
      )
      const { outcome: failed } = yield* conversation(afterFin(), ["?"], { until: onceIn(Framing.raw) })
      expect(Either.flip(failed)).toMatchObject({
        right: {
          code: 1,
          message: expect.stringMatching(/^the server closed the connection without a reply; .*--no-shutdown/),
        },
      })
    }).pipe(inMemory),
  )

  it.scoped("is not reported if it answered, had no request or a long one, waited, or got no FIN", () =>
    Effect.gen(function* () {
      expect(yield* conversation(afterFin(Effect.void, "answer"), ["?"])).toMatchObject({ said: "" })
      expect(yield* conversation(afterFin(), [])).toMatchObject({ said: "" })
      expect(yield* conversation(afterFin(), ["x".repeat(65_537)])).toMatchObject({ said: "" })
      expect(yield* conversation(afterFin(), ["x".repeat(65_536)])).toMatchObject({
        said: expect.stringMatching(/FIN/),
      })
      expect(yield* conversation(afterFin(Effect.sleep("1100 millis")), ["?"])).toMatchObject({ said: "" })
      const closing: Serve = (connection) => Effect.asVoid(connection.receive)
      expect(yield* conversation(closing, ["?"], { shutdown: "never" })).toMatchObject({ said: "" })
      expect(yield* conversation(afterFin(), ["?"], { explainsFin: false })).toMatchObject({ said: "" })
    }).pipe(inMemory),
  )
})

describe("input after the server's half-close", () => {
  it.scoped("is sent as long as it keeps arriving, for longer than one pause may last", () =>
    Effect.gen(function* () {
      const received = yield* Deferred.make<string>()
      const { endInput, goesOn, offer, running } = yield* talking((connection) =>
        Effect.gen(function* () {
          yield* connection.halfClose
          yield* Deferred.succeed(received, string(yield* Testing.receiveAll(connection)))
        }),
      )
      for (let part = 0; part < 5; part++) {
        expect(yield* goesOn).toBe(true)
        yield* TestClock.adjust("400 millis")
        yield* offer(`${part}`)
      }
      expect(yield* goesOn).toBe(true)
      yield* endInput
      expect(yield* Fiber.join(running)).toEqual(Either.right(undefined))
      expect(yield* Deferred.await(received)).toBe("01234")
    }).pipe(inMemory),
  )

  it.scoped("ends after a pause of half a second", () =>
    Effect.gen(function* () {
      const { goesOn, offer, running } = yield* talking((connection) =>
        Effect.zipRight(connection.halfClose, Effect.asVoid(Testing.receiveText(connection))),
      )
      yield* offer("x")
      expect(yield* goesOn).toBe(true)
      yield* TestClock.adjust("1 second")
      expect(yield* Fiber.join(running)).toEqual(Either.right(undefined))
    }).pipe(inMemory),
  )
})

describe("a conversation in lockstep", () => {
  const inStep = { pacing: { delay: Duration.zero, lockstep: true, idleTimeout: Duration.infinity } }

  /** A server that runs `greet`, and answers each read. The test sees what the server has received. */
  const answering = (greet: (connection: Parameters<Serve>[0]) => Effect.Effect<void, SendError>, answer: string) => {
    const got: Array<string> = []
    const serve: Serve = (connection) =>
      Effect.zipRight(
        greet(connection),
        connection.runForEach((payload) => {
          got.push(new TextDecoder().decode(payload))
          return connection.send(utf8(answer))
        }),
      )
    return { got, serve }
  }

  it.scoped("waits for the whole greeting and each whole answer, and keeps the line ends of raw framing", () =>
    Effect.gen(function* () {
      const { got, serve } = answering(
        (connection) =>
          Effect.zipRight(
            Effect.zipRight(connection.send(utf8("220-hello\r\n")), Effect.sleep("40 millis")),
            connection.send(utf8("220 mail\r\n")),
          ),
        "250 ok\r\n",
      )
      const { endInput, goesOn, offer } = yield* talking(serve, inStep)
      yield* offer("one\r\ntwo\r\n")
      yield* offer("three")
      yield* endInput
      yield* goesOn
      yield* TestClock.adjust("40 millis")
      yield* goesOn
      yield* TestClock.adjust("45 millis")
      yield* goesOn
      expect(got).toEqual([])
      for (const line of ["one\r\n", "two\r\n", "three"]) {
        yield* TestClock.adjust("50 millis")
        yield* goesOn
        expect(got.at(-1)).toBe(line)
      }
      expect(got.length).toBe(3)
    }).pipe(inMemory),
  )

  it.scoped("begins after a second with a server that does not speak first", () =>
    Effect.gen(function* () {
      const { got, serve } = answering(() => Effect.void, "$ ")
      const { goesOn, offer } = yield* talking(serve, inStep)
      yield* offer("one\ntwo\n")
      yield* goesOn
      yield* TestClock.adjust("990 millis")
      yield* goesOn
      expect(got).toEqual([])
      yield* TestClock.adjust("10 millis")
      yield* goesOn
      expect(got).toEqual(["one\n"])
      // The answer has no line end, so it may be incomplete for longer.
      yield* TestClock.adjust("240 millis")
      yield* goesOn
      expect(got.length).toBe(1)
      yield* TestClock.adjust("10 millis")
      yield* goesOn
      expect(got).toEqual(["one\n", "two\n"])
    }).pipe(inMemory),
  )

  it.scoped("sends the first line before half of a short idle timeout is over", () =>
    Effect.gen(function* () {
      const { got, serve } = answering(() => Effect.void, "ok\n")
      const { goesOn, offer } = yield* talking(serve, {
        pacing: { ...inStep.pacing, idleTimeout: Duration.millis(400) },
      })
      yield* offer("one\n")
      yield* goesOn
      yield* TestClock.adjust("200 millis")
      yield* goesOn
      expect(got).toEqual(["one\n"])
    }).pipe(inMemory),
  )

  it.scoped("waits for the last line of an answer in lines, however late, and 10 s if no such line comes", () =>
    Effect.gen(function* () {
      const got: Array<string> = []
      const { goesOn, offer } = yield* talking(
        (connection) =>
          Effect.gen(function* () {
            yield* connection.send(utf8("220 mail\r\n"))
            yield* connection.runForEach((payload) => {
              got.push(new TextDecoder().decode(payload))
              const end = Effect.zipRight(Effect.sleep("9 seconds"), connection.send(utf8("250 end\r\n")))
              return Effect.zipRight(connection.send(utf8("250-begin\r\n")), got.length === 1 ? end : Effect.void)
            })
          }),
        inStep,
      )
      yield* offer("one\ntwo\nthree\n")
      yield* goesOn
      yield* TestClock.adjust("50 millis")
      yield* goesOn
      yield* TestClock.adjust("9 seconds")
      yield* goesOn
      expect(got).toEqual(["one\n"])
      yield* TestClock.adjust("50 millis")
      yield* goesOn
      expect(got).toEqual(["one\n", "two\n"])
      yield* TestClock.adjust("9990 millis")
      yield* goesOn
      expect(got.length).toBe(2)
      yield* TestClock.adjust("10 millis")
      yield* goesOn
      expect(got).toEqual(["one\n", "two\n", "three\n"])
    }).pipe(inMemory),
  )

  it.scoped("takes a frame as an answer, without a pause", () =>
    Effect.gen(function* () {
      const { got, serve } = answering((connection) => connection.send(utf8("ready")), "ok")
      const { endInput, offer, running } = yield* talking(serve, { ...inStep, frame: Framing.line })
      yield* offer("one\ntwo\n")
      yield* endInput
      expect(yield* Fiber.join(running)).toEqual(Either.right(undefined))
      expect(got).toEqual(["one", "two"])
    }).pipe(inMemory),
  )

  it.scoped("fails if the server closes before all lines are sent", () =>
    Effect.gen(function* () {
      const { offer, running } = yield* talking(
        (connection) => Effect.zipRight(connection.receive, connection.send(utf8("bye"))),
        { ...inStep, frame: Framing.line },
      )
      yield* offer("one\ntwo\n")
      yield* turns(5)
      yield* TestClock.adjust("1 second")
      expect(Either.flip(yield* Fiber.join(running))).toMatchObject({
        right: { code: 1, message: "the server closed the connection before all of the input was sent" },
      })
    }).pipe(inMemory),
  )
})

describe("a conversation with a delay", () => {
  it.scoped("waits before each line, also before the first", () =>
    Effect.gen(function* () {
      const got: Array<string> = []
      const { endInput, goesOn, offer } = yield* talking(
        (connection) =>
          connection.runForEach((payload) => Effect.sync(() => got.push(new TextDecoder().decode(payload)))),
        { pacing: { delay: Duration.millis(100), lockstep: false, idleTimeout: Duration.infinity } },
      )
      yield* offer("one\ntwo\n")
      yield* endInput
      for (const count of [0, 1, 2]) {
        yield* goesOn
        expect(got.length).toBe(count)
        yield* TestClock.adjust("100 millis")
      }
      expect(got).toEqual(["one\n", "two\n"])
    }).pipe(inMemory),
  )
})

describe("a conversation that only sends", () => {
  it.scoped("drops what it receives, and ends when the input is sent, although the server stays", () =>
    Effect.gen(function* () {
      const { endInput, goesOn, offer, running, written } = yield* talking(
        (connection) => Effect.zipRight(connection.send(utf8("noise")), Effect.never),
        { sendOnly: true, shutdown: "never" },
      )
      yield* offer("all of it")
      expect(yield* goesOn).toBe(true)
      yield* endInput
      yield* turns(5)
      yield* TestClock.adjust("1 second")
      expect(yield* Fiber.join(running)).toEqual(Either.right(undefined))
      expect(written()).toBe("")
    }).pipe(inMemory),
  )
})

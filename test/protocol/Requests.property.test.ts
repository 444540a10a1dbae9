import { it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FastCheck from "effect/FastCheck"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { expect } from "vitest"
import { Codec } from "../../src/domain/index.ts"
import { Messages, Requests } from "../../src/protocol/index.ts"
import { MemoryTransport } from "../../src/transport/index.ts"
import { runs } from "../support/properties.ts"
import { scriptedPeer } from "../support/scriptedPeer.ts"
import { string, utf8 } from "../support/texts.ts"

// A request is the text "ID ASK"; its reply is "ID re ASK". A message that begins with "!" is no reply.
const texts = { receive: Codec.text, send: Codec.text }
const idOf = (text: string) => (text.startsWith("!") ? undefined : Number(text.split(" ")[0]))
const maxInFlight = 4
const timeoutMillis = 10

const step = FastCheck.oneof(
  { weight: 5, arbitrary: FastCheck.constant({ _tag: "ask" as const }) },
  // The peer answers one of the requests that it has received and not answered, in order or by this index.
  { weight: 4, arbitrary: FastCheck.record({ _tag: FastCheck.constant("answer" as const), at: FastCheck.nat(9) }) },
  { weight: 2, arbitrary: FastCheck.record({ _tag: FastCheck.constant("cancel" as const), at: FastCheck.nat(9) }) },
  { weight: 1, arbitrary: FastCheck.record({ _tag: FastCheck.constant("pass" as const), millis: FastCheck.nat(6) }) },
  { weight: 1, arbitrary: FastCheck.constant({ _tag: "unasked" as const }) },
)
const ending = FastCheck.constantFrom("FIN" as const, "RST" as const, "close" as const)

/** What the model knows of a request. The first event that ends a request decides how it ends. */
interface Asked {
  readonly text: string
  readonly fiber: Fiber.RuntimeFiber<
    string,
    Effect.Effect.Error<ReturnType<Requests.Requests<string, string>["request"]>>
  >
  readonly dueMillis: number
  expected: "reply" | "RequestTimeout" | "interrupt" | undefined
}

for (const mode of ["fifo", "ids"] as const) {
  it.effect.prop(
    `each request ends once, with its own reply or the right failure, whatever happens (${mode})`,
    { steps: FastCheck.array(step, { maxLength: 60 }), end: ending },
    ({ end, steps }) =>
      Effect.gen(function* () {
        const { connection, peer } = yield* scriptedPeer()
        const messages = Messages.of(connection, texts)
        const options = { timeout: timeoutMillis, maxInFlight }
        const isReply = (text: string) => !text.startsWith("!")
        const byId =
          mode === "ids"
            ? yield* Requests.make(messages, { ...options, correlate: { idOf, nextId: Requests.counter(1, 6) } })
            : undefined
        const fifo = byId === undefined ? yield* Requests.make(messages, { ...options, correlate: "fifo" }) : undefined
        const { rest, state } = byId ?? fifo ?? (yield* Effect.die("no requests"))
        const request = (text: string) =>
          byId?.request((id) => `${id} ${text}`) ?? fifo?.request(`0 ${text}`, isReply) ?? Effect.die("no requests")

        const atPeer: Array<string> = []
        yield* Effect.forkScoped(
          peer.runForEach((payload) => {
            const text = string(payload)
            if (text === "?") return peer.send(utf8("!mark"))
            return Effect.sync(() => atPeer.push(text))
          }),
        )
        const seenInRest: Array<string> = []
        const pull = yield* Stream.toPull(rest)
        // Waits until the peer has received every request that can be sent, and this side everything that the peer sent.
        const settle = Effect.gen(function* () {
          yield* Effect.repeat(Effect.zipRight(Effect.yieldNow(), state), {
            until: ({ inFlight, waiting }) => waiting === 0 || inFlight === maxInFlight,
          })
          yield* connection.sendNow(utf8("?"))
          while (seenInRest.at(-1) !== "!mark") seenInRest.push(...(yield* pull))
          seenInRest.pop()
        })

        const asked: Array<Asked> = []
        let now = 0
        let unasked = 0
        const open = () => asked.filter(({ expected }) => expected === undefined)
        for (const action of steps) {
          switch (action._tag) {
            case "ask": {
              const text = `ask${asked.length}`
              const fiber = yield* Effect.fork(request(text))
              yield* Effect.yieldNow()
              asked.push({ text, fiber, dueMillis: now + timeoutMillis, expected: undefined })
              break
            }
            case "answer": {
              const [text] = atPeer.splice(mode === "fifo" ? 0 : action.at % Math.max(1, atPeer.length), 1)
              if (text === undefined) break
              const [id, name] = text.split(" ")
              const one = asked.find((candidate) => candidate.text === name)
              if (one !== undefined) one.expected ??= "reply"
              yield* peer.send(utf8(`${id} re ${name}`))
              break
            }
            case "cancel": {
              const one = open()[action.at % Math.max(1, open().length)]
              if (one === undefined) break
              one.expected = "interrupt"
              yield* Fiber.interrupt(one.fiber)
              break
            }
            case "pass":
              now += action.millis
              for (const one of open()) if (one.dueMillis <= now) one.expected = "RequestTimeout"
              yield* TestClock.adjust(action.millis)
              break
            case "unasked":
              yield* peer.send(utf8(`!${unasked++}`))
          }
          yield* settle
          expect((yield* state).inFlight).toBeLessThanOrEqual(maxInFlight)
        }
        yield* end === "FIN" ? peer.halfClose : end === "RST" ? peer.reset : Effect.fork(connection.close)

        for (const { expected, fiber, text } of asked) {
          const exit = yield* Fiber.await(fiber)
          const outcome = Exit.match(exit, {
            onSuccess: (reply) => reply.slice(reply.indexOf(" ") + 1),
            onFailure: (cause) => (cause._tag === "Fail" ? cause.error._tag : "interrupt"),
          })
          expect(outcome).toBe(expected === "reply" ? `re ${text}` : (expected ?? "ConnectionClosedError"))
        }
        // The rest ends with the connection.
        yield* Effect.exit(Effect.forever(pull))
        expect(seenInRest).toEqual(Array.from({ length: unasked }, (_, index) => `!${index}`))
        expect(yield* state).toMatchObject({ inFlight: 0, waiting: 0, restDropped: 0 })
      }).pipe(Effect.scoped, Effect.provide(MemoryTransport.layer())),
    runs(150),
  )
}

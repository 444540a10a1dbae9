import type { JetStreamManager, StreamConfig, StreamInfo } from "@nats-io/jetstream"
import type { NatsConnection } from "@nats-io/transport-node"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import type { HubHistoryProblem } from "../../../domain/index.ts"
import type { HistoryLimits } from "../../index.ts"
import { NatsMissingError } from "../natsErrors.ts"
import type { HistoryStore, HistoryStoreOptions, StoredMessage } from "./HistoryStore.ts"

type JetStream = typeof import("@nats-io/jetstream")

const clientPackage = "@nats-io/jetstream"
const clientVersion = "3.4.0"

// The deadline of each use of JetStream.
const answerMillis = 5000

// A stream has this many messages more than the history needs: marks, messages that were sent twice, and pieces of long
// frames.
const spareMessages = 256

// A stream has more bytes than the history of a node, because a message of one short frame is mostly header.
const storedPerByte = 8

// The subscription of a node reaches the other servers of a cluster after it reached the own one. The mark is published
// after this time, so that each message is before the mark, or reaches the subscription.
const clusterMillis = 250

const unlimited = -1

/** Loads the client of JetStream. */
export const loadJetStream: Effect.Effect<JetStream, NatsMissingError> = Effect.tryPromise({
  try: () => import("@nats-io/jetstream"),
  catch: () => new NatsMissingError({ package: clientPackage, version: clientVersion }),
})

type Limits = Pick<StreamConfig, "max_age" | "max_bytes" | "max_msgs" | "max_msgs_per_subject">

const limitsFor = ({ last, maxAgeMillis, maxBytes }: HistoryLimits): Limits => ({
  max_msgs: Number.isFinite(last) ? last + spareMessages : unlimited,
  max_msgs_per_subject: unlimited,
  max_bytes: maxBytes * storedPerByte,
  max_age: Number.isFinite(maxAgeMillis) ? maxAgeMillis * 1_000_000 : 0,
})

const isUnlimited = (limit: number): boolean => limit <= 0

/** The larger one of two limits. */
const larger = (one: number, other: number): number =>
  isUnlimited(one) ? one : isUnlimited(other) ? other : Math.max(one, other)

const raised = (has: Limits, needed: Limits): Limits => ({
  max_msgs: larger(has.max_msgs, needed.max_msgs),
  max_msgs_per_subject: larger(has.max_msgs_per_subject, needed.max_msgs_per_subject),
  max_bytes: larger(has.max_bytes, needed.max_bytes),
  max_age: larger(has.max_age, needed.max_age),
})

const areEqual = (one: Limits, other: Limits): boolean =>
  (Object.keys(one) as Array<keyof Limits>).every((key) => one[key] === other[key])

/** A setting of a stream that does not fit, thrown within this module. */
class UnfitStream extends Error {
  readonly problem: HubHistoryProblem

  constructor(stream: string, setting: string, value: string) {
    super(setting)
    this.problem = { _tag: "StreamUnfit", stream, setting, value }
  }
}

const noJetStreamCodes: ReadonlyArray<unknown> = [10_039, 10_076]

const problemOf = (error: unknown): HubHistoryProblem => {
  if (error instanceof UnfitStream) return error.problem
  if (!(error instanceof Error)) return { _tag: "JetStreamFailed", message: String(error) }
  const { code, message, name } = error as Error & { readonly code?: unknown }
  if (name === "JetStreamNotEnabled" || noJetStreamCodes.includes(code)) return { _tag: "NoJetStream" }
  if (name === "TimeoutError") return silent
  return { _tag: "JetStreamFailed", message }
}

const silent: HubHistoryProblem = { _tag: "JetStreamSilent", timeoutMillis: answerMillis }

// "JetStream system temporarily unavailable": a cluster that starts has no leader for some seconds.
const isTemporary = (error: unknown): boolean => error instanceof Error && "code" in error && error.code === 10_008

const ask = <A>(run: (signal: AbortSignal) => Promise<A>): Effect.Effect<A, HubHistoryProblem> =>
  Effect.tryPromise({ try: run, catch: (error) => error }).pipe(
    Effect.retry({ while: isTemporary, schedule: Schedule.spaced("500 millis") }),
    Effect.mapError(problemOf),
    Effect.timeoutFail({ duration: answerMillis, onTimeout: () => silent }),
  )

/** The history of a hub in a stream of JetStream. */
export const jetStreamHistory = (
  { DiscardPolicy, jetstreamManager, RetentionPolicy, StorageType }: JetStream,
  connection: NatsConnection,
  { frames, limits, marks, stream }: HistoryStoreOptions,
): HistoryStore => {
  const needed = limitsFor(limits)
  const subjects = [frames, marks]
  const manager = (): Promise<JetStreamManager> =>
    jetstreamManager(connection, { checkAPI: false, timeout: answerMillis })

  const infoOf = async (jsm: JetStreamManager): Promise<StreamInfo | undefined> => {
    try {
      return await jsm.streams.info(stream)
    } catch (error) {
      if (error instanceof Error && error.name === "StreamNotFoundError") return undefined
      throw error
    }
  }

  const check = (config: StreamConfig): void => {
    const refuse = (setting: string, value: string): never => {
      throw new UnfitStream(stream, setting, value)
    }
    const has = config.subjects ?? []
    if (has.length !== subjects.length || !subjects.every((subject) => has.includes(subject)))
      refuse("subjects", has.join(", ") || "none")
    if (config.retention !== RetentionPolicy.Limits) refuse("retention", config.retention)
    if (config.discard !== DiscardPolicy.Old) refuse("discard", config.discard)
    if (config.no_ack === true) refuse("no_ack", "true")
    if (config.sealed === true) refuse("sealed", "true")
  }

  const prepare = async (): Promise<number> => {
    const jsm = await manager()
    const info = await infoOf(jsm)
    if (info === undefined) {
      const policies = { retention: RetentionPolicy.Limits, discard: DiscardPolicy.Old, storage: StorageType.File }
      await jsm.streams.add({ name: stream, subjects, ...policies, ...needed })
      return 0
    }
    const { config, state } = info
    check(config)
    const wanted = raised(config, needed)
    if (!areEqual(wanted, raised(config, config))) await jsm.streams.update(stream, wanted)
    return state.last_seq
  }

  const read = async (onMessage: (message: StoredMessage) => void, signal: AbortSignal): Promise<void> => {
    if (connection.info?.cluster !== undefined) await new Promise((resume) => setTimeout(resume, clusterMillis))
    const jsm = await manager()
    const js = jsm.jetstream()
    // NATS stores messages in the order of their arrival, but not at once. The mark arrives after all earlier messages.
    const mark = await js.publish(marks, "", { timeout: answerMillis })
    const { state } = await jsm.streams.info(stream)
    const first = mark.seq - (needed.max_msgs + (state.num_deleted ?? 0))
    const begin = Number.isFinite(limits.maxAgeMillis)
      ? { opt_start_time: new Date(Date.now() - limits.maxAgeMillis).toISOString() }
      : { opt_start_seq: Math.max(1, first) }
    const consumer = await js.consumers.get(stream, begin)
    const messages = await consumer.consume()
    const stop = (): void => messages.stop()
    signal.addEventListener("abort", stop)
    if (signal.aborted) stop()
    for await (const message of messages) {
      // The subscription of the node gets the messages after the mark.
      if (message.seq < mark.seq && message.subject === frames)
        onMessage({ bytes: message.data, number: message.seq, at: message.time.getTime() })
      if (message.seq >= mark.seq) break
    }
    stop()
    // NATS removes an abandoned consumer by itself. A mark that stays is one message of the spare ones.
    await Promise.allSettled([consumer.delete(), jsm.streams.deleteMessage(stream, mark.seq, false)])
  }

  return { prepare: ask(prepare), read: (onMessage) => ask((signal) => read(onMessage, signal)) }
}

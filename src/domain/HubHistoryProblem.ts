import * as Schema from "effect/Schema"
import { formatMillis } from "./quantities.ts"

/**
 * Why a hub on NATS cannot use JetStream for its history: the server has no JetStream, another stream or its settings are
 * in the way, JetStream does not answer in time, or it answers with an error.
 */
export const HubHistoryProblem = Schema.Union(
  Schema.TaggedStruct("NoJetStream", {}),
  Schema.TaggedStruct("StreamUnfit", { stream: Schema.String, setting: Schema.String, value: Schema.String }),
  Schema.TaggedStruct("JetStreamSilent", { timeoutMillis: Schema.Number }),
  Schema.TaggedStruct("JetStreamFailed", { message: Schema.String }),
)
export type HubHistoryProblem = typeof HubHistoryProblem.Type

/** Describes why a hub cannot use JetStream. */
export const describeHubHistoryProblem = (problem: HubHistoryProblem): string => {
  switch (problem._tag) {
    case "NoJetStream":
      return "NATS has no JetStream (start nats-server with -js)"
    case "StreamUnfit":
      return `the stream ${problem.stream} does not fit: its setting ${problem.setting} is ${problem.value}`
    case "JetStreamSilent":
      return `JetStream has not answered for ${formatMillis(problem.timeoutMillis)}`
    case "JetStreamFailed":
      return `JetStream refuses: ${problem.message}`
  }
}
